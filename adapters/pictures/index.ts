export { ApngFilm } from './apng-film.js';
export { blankPicture, drawFrame, type DrawOptions, drawSurface, fullBrightness } from './draw.js';
export { type Film } from './film.js';
export { GIF_MOST_FPS, GifFilm } from './gif-film.js';
export { type Colour, type IndexedPicture } from './indexed-picture.js';
export { pngBytes } from './png.js';
