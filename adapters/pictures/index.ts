export { ApngFilm } from './apng-film.js';
export { blankPicture, drawFrame, drawSurface, fullBrightness } from './draw.js';
export { type Film } from './film.js';
export { GIF_MOST_FPS, GifFilm } from './gif-film.js';
export { type IndexedPicture } from './indexed-picture.js';
export { pngBytes } from './png.js';
