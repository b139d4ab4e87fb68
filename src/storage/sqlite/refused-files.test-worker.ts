// The worker in a private window of Firefox, which refuses the origin's file system.
navigator.storage.getDirectory = () => Promise.reject(new DOMException('Security error when calling GetDirectory', 'SecurityError'));
await import('./sqlite-worker.ts');
