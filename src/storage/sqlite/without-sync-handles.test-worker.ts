// The worker in a browser that has no sync access handles, as WebKitGTK is one.
Reflect.deleteProperty(FileSystemFileHandle.prototype, 'createSyncAccessHandle');
await import('./sqlite-worker.ts');
