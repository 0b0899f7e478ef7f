/** Decides whether a GPU is used: only where one of node-llama-cpp's GPU packages is really installed. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/**
 * The repository replaces the large CUDA and Vulkan packages by an empty one (npm `overrides`). Removing the overrides
 * makes npm install them, which turns the GPU on. On Apple silicon the only package includes Metal.
 */
export function chooseGpu(
  platform: string = process.platform,
  architecture: string = process.arch,
  installed: (name: string) => boolean = isInstalled,
): 'auto' | false {
  if (platform === 'darwin') return architecture === 'arm64' ? 'auto' : false;
  const family = platform === 'win32' ? 'win' : platform;
  const names = ['cuda', 'vulkan'].map((kind) => `@node-llama-cpp/${family}-${architecture}-${kind}`);
  return names.some(installed) ? 'auto' : false;
}

/** Compares the package's name, since the empty package in its place has another one. */
function isInstalled(name: string): boolean {
  // npm may install it beside node-llama-cpp or below it.
  const from = import.meta.resolve('node-llama-cpp');
  const folders = createRequire(from).resolve.paths(name) ?? [];
  const manifest = folders
    .map((folder) => join(folder, name, 'package.json'))
    .find((path) => existsSync(path));
  return manifest !== undefined && JSON.parse(readFileSync(manifest, 'utf8')).name === name;
}
