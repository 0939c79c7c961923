import { styleText } from 'node:util';

export type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red';

/** Gives a text its colour, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string;

export const plain: Paint = (_style, text) => text;

/** The stream was asked before; styleText's own look at stdout would answer for the wrong one. */
export const coloured: Paint = (style, text) => styleText(style, text, { validateStream: false });
