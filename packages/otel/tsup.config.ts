export { packageBuild as default } from '../../tools/tsup-preset.ts';
