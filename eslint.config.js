import { dirname, relative, resolve, sep } from 'node:path';
import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const root = import.meta.dirname;

/** What each folder of src may import from besides itself. A service that is not named may import from `shared`. */
const shared = ['platform', 'contracts', 'rules'];
const allowed = { contracts: ['rules'], rules: ['contracts'], platform: ['contracts'], web: ['contracts', 'rules'] };

/** Services meet only by contracts: an import from one service's folder into another's is an error. */
const boundaries = {
  meta: { messages: { crossed: 'src/{{from}} must not import from src/{{to}}.' } },
  create(context) {
    const sliceOf = (path) => {
      const [top, slice] = relative(root, path).split(sep);
      return top === 'src' ? slice : undefined;
    };
    const from = sliceOf(context.filename);
    const check = ({ source }) => {
      if (from === undefined || typeof source?.value !== 'string' || !source.value.startsWith('.')) return;
      const to = sliceOf(resolve(dirname(context.filename), source.value));
      if (to === undefined || to === from || (allowed[from] ?? shared).includes(to)) return;
      context.report({ node: source, messageId: 'crossed', data: { from, to } });
    };
    return {
      ImportDeclaration: check,
      ImportExpression: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
    };
  },
};

export default tseslint.config(
  { ignores: ['dist/', '.idempo/', 'coverage/', '**/.next/', '**/next-env.d.ts'] },
  js.configs.recommended,
  {
    files: ['**/*.{ts,tsx,mts}'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: root } },
    plugins: { idempo: { rules: { boundaries } } },
    rules: {
      'idempo/boundaries': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      // An async function without await is how an interface that returns a promise turns a throw into a rejection.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-restricted-syntax': [
        'error',
        { selector: 'TSAsExpression > TSAsExpression', message: 'Do not cast through a second type; parse the value.' },
      ],
      // It takes MikroORM's class with other type arguments for another class.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      eqeqeq: 'error',
    },
  },
  {
    files: ['**/*.{js,mjs}'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly' } },
  },
);
