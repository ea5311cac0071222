/// <reference types="next" />

declare module '*.css';
declare module '*.module.css' {
  const classes: Readonly<Record<string, string>>;
  export default classes;
}

/** Custom properties in style attributes. */
declare namespace React {
  interface CSSProperties {
    [property: `--${string}`]: string | number;
  }
}
