import { describe, expect, it } from 'vitest';
import {
  asksAuthor,
  introduces,
  isPartOfName,
  speaksOfModels,
  surroundingsOf,
  tellsMaker,
} from '../../../src/calls/compare/author-phrases.ts';

/** What stands around the first `X` of a text. */
const around = (text: string) => surroundingsOf(text, text.indexOf('X'), text.indexOf('X') + 1);

describe('the surroundings of a name', () => {
  it('are its sentence, as far as it is near', () => {
    expect(around('One. Two X three. Four')).toMatchObject({ before: 'Two ', after: ' three' });
    expect(around('One\nX 4.5 two\nThree')).toMatchObject({ before: '', after: ' 4.5 two' });
    expect(around(`${'a'.repeat(1_000)}X`).before.length).toBeLessThan(200);
  });
});

describe('a name', () => {
  it.each([
    'I am X.',
    'I’m actually **X**, your assistant',
    'My name is "X"',
    'I am also known as X.',
    'You can call me X.',
    'You are X.',
    "You're talking to X.",
    'As X, I cannot',
    'X here!',
    'Je suis X',
    'Soy X',
    '我是X，',
    'Regards,\nX',
    'That is all.\n\n— X',
  ])('introduces the author in "%s"', (text) => {
    expect(introduces(around(text))).toBe(true);
  });

  it.each([
    'I am sure that X',
    'I am a X',
    'Moons such as X are',
    '- Pablo\n- X',
    'X is a moon',
    'This is X.',
  ])('introduces nobody in "%s"', (text) => {
    expect(introduces(around(text))).toBe(false);
  });

  it('may be part of a longer one, unless what follows belongs to the product', () => {
    const own = new Set(['opus']);
    for (const text of ['X Monet', 'X de Lorrain', "X d'Abbeville", 'Jean-X'])
      expect.soft(isPartOfName(around(text), own), text).toBe(true);
    for (const text of ['X Opus', 'X says', 'X. Monet', 'X\n\nMonet', 'X AI'])
      expect.soft(isPartOfName(around(text), own), text).toBe(false);
  });

  it('is one of a model where the sentence speaks of models', () => {
    for (const text of ['X is an LLM', 'Language models: X', 'The AI X', 'X ist ein Sprachmodell'])
      expect.soft(speaksOfModels(around(text)), text).toBe(true);
    for (const text of ['X is a star. AI is not', 'X, an AI company', 'Mistral AI and X', 'X said'])
      expect.soft(speaksOfModels(around(text)), text).toBe(false);
  });
});

describe('a maker', () => {
  it.each([
    'I am a large language model trained by X.',
    'I’m an AI assistant that was developed by the team at X.',
    'I was made by X',
    'As an AI model from X, I',
    'As an AI, created by X',
    'I am an X model.',
    "I'm X's AI assistant.",
    'I am one of X’s language models',
    'X made me.',
    'X, who trained and tested me, says',
    'My creators at X',
    'My developer is X.',
    'You are an assistant provided by X.',
    'Ich bin ein Sprachmodell, entwickelt von X.',
    "J'ai été créé par X.",
    'Soy un modelo de lenguaje entrenado por X.',
    '我由X开发',
  ])('is told in "%s"', (text) => {
    expect(tellsMaker(around(text))).toBe(true);
  });

  it.each([
    'The Kindle is made by X.',
    'I am sure that X makes it.',
    'I think it was developed by X.',
    'I am an AI, and it is made by X.',
    'As an AI, I cannot browse X.',
    'As an AI I believe the Kindle was created by X',
    'I was made aware by X.',
    'I was told by X that',
    'An assistant made by X',
    'X made the Kindle for me. Trained me.',
    'I am an AI. X is a company.',
  ])('is not told in "%s"', (text) => {
    expect(tellsMaker(around(text))).toBe(false);
  });
});

describe('a question', () => {
  it.each([
    'Who are you?',
    'who made you',
    'What company built you?',
    'Which AI model are you?',
    'Tell me about yourself',
  ])('is about the author: "%s"', (question) => {
    expect(asksAuthor(question)).toBe(true);
  });

  it.each([
    'Who makes the Kindle?',
    'What are you thinking of AWS?',
    'Which model of car is best?',
    'Who is it?',
  ])('is not: "%s"', (question) => {
    expect(asksAuthor(question)).toBe(false);
  });
});
