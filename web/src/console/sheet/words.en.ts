import type zh from './words.zh-CN'

const words: typeof zh = {
  title: 'Attendance sheet',
  intro: 'Print it for everybody to sign: A4, with the heading and a number on each page, {n} people.',
  print: 'Print the sheet',
  read: 'Reading the roll: {n} / {of}',
  glyphs: 'No font of this computer has the characters below. They are printed as code points; write them in by hand:',
  lecturer: 'Lecturer {name}',
  at: 'No.',
  name: 'Name',
  no: 'Member no.',
  in: 'Signed in',
  out: 'Signed out',
  note: 'Note',
  excused: 'Excused',
  noBranch: 'No branch',
  nobody: 'Nobody is invited',
  nobodyText: 'Nobody of your part of the tree is invited to this lesson: there is nothing to sign.',
  tooMany: 'Too many for a sheet',
  tooManyText: 'A sheet has at most {n} people. Export the members and print them branch by branch.',
}

export default words
