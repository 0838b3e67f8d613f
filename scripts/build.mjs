// `npm run build`: sets up and builds anew.
import { setUpOrExit } from './setup.mjs';

setUpOrExit({ build: 'always' });
