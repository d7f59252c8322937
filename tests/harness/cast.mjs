// The people of the demo, signed in: who every whole-system test is played by.

/** Printed by `yunke serve --demo`; three members of two branches. */
const password = 'yunke-demo';
const account = (number) => ({ phone: `1380000000${number}`, password });
export const DEMO = { organizer: account(1), lecturer: account(2), members: [account(3), account(4), account(5)] };

/** `near` and `near2` are of one branch, `far` of another; `stage` is what planning a lesson needs. */
export async function cast(yunke) {
  const organizer = await yunke.signedIn(DEMO.organizer);
  const lecturer = await yunke.signedIn(DEMO.lecturer);
  const members = [];
  for (const account of DEMO.members) members.push(await yunke.signedIn(account));
  const branch = (person) => person.me.branch.id;
  const far = members.find((member) => members.filter((other) => branch(other) === branch(member)).length === 1);
  const [near, near2] = members.filter((member) => member !== far);
  const unit = organizer.me.roles.find((role) => role.role === 'organizer').unit_id;
  const accountOf = (person) => DEMO.members[members.indexOf(person)];
  return {
    organizer,
    lecturer,
    near,
    near2,
    far,
    account: accountOf,
    stage: { lecturer, unit, audience: [branch(near)] },
  };
}
