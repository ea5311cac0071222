/* global document, localStorage */
// Before the first paint: the theme that was chosen here, if one was. Without one the system's holds.
try {
  const theme = localStorage.getItem('idempo.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be forbidden; the system's theme holds.
}
