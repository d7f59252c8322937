// The people of the demo, signed in: who every whole-system test is played by.

/** Printed by `yunke serve --demo`; three members of two branches. */
export const DEMO = {
  organizer: { phone: '13800000001', password: 'yunke-demo-1' },
  lecturer: { phone: '13800000002', password: 'yunke-demo-2' },
  members: [
    { phone: '13800000011', password: 'yunke-demo-11' },
    { phone: '13800000012', password: 'yunke-demo-12' },
    { phone: '13800000021', password: 'yunke-demo-21' },
  ],
};

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
  const account = (person) => DEMO.members[members.indexOf(person)];
  return {
    organizer,
    lecturer,
    near,
    near2,
    far,
    account,
    stage: { lecturer, unit, audience: [branch(near)] },
  };
}
