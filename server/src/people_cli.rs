//! `yunke user add`: people from a shell, for a centre whose roster is not imported. It writes what the pages
//! would write, with the same rules; it must never print a password twice or take one from the command line,
//! where other users of the machine could read it.

use anyhow::{Context as _, bail};
use clap::Args;
use yunke_store::{NewUnit, NewUser, Role, SignInName, Store, Unit, UnitKind};

use crate::{
    auth::{Passwords, parse_phone, weakness},
    clock::Source,
    config::Config,
    database,
    routes::text,
    typed,
};

/// Letters and digits that are not mistaken for one another on paper.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789_";
const PASSWORD_CHARS: usize = 12;

/// A person.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "a flag for each role")]
pub(crate) struct Person {
    /// Mobile number: what they sign in with. Who has none signs in by --member-no.
    #[arg(long)]
    phone: Option<String>,
    /// Their name.
    #[arg(long)]
    name: String,
    /// The branch they belong to; it is made under the centre if there is none of this name.
    #[arg(long)]
    branch: Option<String>,
    /// 成员编号.
    #[arg(long)]
    member_no: Option<String>,
    /// They give lessons for the centre.
    #[arg(long)]
    lecturer: bool,
    /// They plan lessons and answer for attendance in the whole centre.
    #[arg(long)]
    organizer: bool,
    /// They give roles and decide how the centre works; also when no owner is left.
    #[arg(long)]
    owner: bool,
    /// They see what organizers see and change nothing.
    #[arg(long)]
    auditor: bool,
}

impl Person {
    /// Adds the person and gives back the first password.
    pub(crate) async fn run(self, config: &Config, source: &Source) -> anyhow::Result<String> {
        let sentence = "--phone: give a mobile number of 11 digits, or one with + and its country";
        let phone = self.phone.as_deref().map(|typed| parse_phone(typed).context(sentence)).transpose()?;
        let member_no = self.member_no.as_deref().map(typed::number).filter(|number| !number.is_empty());
        if phone.is_none() && member_no.is_none() {
            bail!("say by what they sign in: --phone, or --member-no");
        }
        let name = text::name("--name", &self.name).map_err(|problem| anyhow::anyhow!("{problem}"))?;
        let store = database::open(config).await?;
        let units = store.units_within(&["/".to_owned()]).await?;
        let Some(centre) = units.iter().find(|unit| unit.kind == UnitKind::Centre) else {
            bail!("there is no centre yet: run `yunke serve` and open the link it prints");
        };
        let branch_id = match &self.branch {
            Some(branch) => Some(ensure_branch(store.as_ref(), &units, centre, branch, source).await?),
            None => None,
        };
        let wanted = [
            (self.owner, Role::Owner),
            (self.organizer, Role::Organizer),
            (self.lecturer, Role::Lecturer),
            (self.auditor, Role::Auditor),
        ];
        let roles: Vec<_> =
            wanted.into_iter().filter(|(is, _)| *is).map(|(_, role)| (role, centre.id)).collect();
        if roles.is_empty() && branch_id.is_none() {
            bail!(
                "say what they are: --branch NAME for a member, --lecturer, --organizer, --auditor or --owner"
            );
        }
        if let Some(other) =
            same_person(store.as_ref(), &name, phone.as_deref(), member_no.as_deref()).await?
        {
            bail!("{other}");
        }
        let password = password(source, phone.as_deref().unwrap_or_default());
        let hash = Passwords::new().hash(password.clone(), source.bytes()).await?;
        let user = NewUser {
            id: source.id(),
            name,
            phone,
            password_hash: Some(hash),
            first_password: true,
            branch_id,
            member_no,
            roles: roles.into_iter().map(Into::into).collect(),
            at: source.now(),
        };
        store.add_user(user).await?;
        Ok(password)
    }
}

/// Why there is no need to add somebody, or no way to: as in the console.
async fn same_person(
    store: &dyn Store,
    name: &str,
    phone: Option<&str>,
    member_no: Option<&str>,
) -> anyhow::Result<Option<&'static str>> {
    let by = SignInName { phone: None, member_no: member_no.map(str::to_owned) };
    if member_no.is_some() && !store.credentials(&by).await?.is_empty() {
        return Ok(Some("somebody has this number of a member already"));
    }
    let by = SignInName { phone: phone.map(str::to_owned), member_no: None };
    let twice = store.credentials(&by).await?.iter().any(|known| known.name == name);
    Ok(twice.then_some("there is somebody of this name with this phone number already"))
}

async fn ensure_branch(
    store: &dyn Store,
    units: &[Unit],
    centre: &Unit,
    typed: &str,
    source: &Source,
) -> anyhow::Result<uuid::Uuid> {
    let name = text::name("--branch", typed).map_err(|problem| anyhow::anyhow!("{problem}"))?;
    let named: Vec<_> =
        units.iter().filter(|unit| unit.kind == UnitKind::Branch && unit.name == name).collect();
    match named[..] {
        [branch] => Ok(branch.id),
        [] => {
            let new = NewUnit {
                id: source.id(),
                parent_id: centre.id,
                kind: UnitKind::Branch,
                name,
                actor_id: None,
                at: source.now(),
            };
            Ok(store.add_unit(new).await?.id)
        }
        _ => bail!("{} branches are called {name}; give one of them another name first", named.len()),
    }
}

/// By chance, and none that the pages would refuse.
fn password(source: &Source, phone: &str) -> String {
    loop {
        let bytes = source.bytes::<PASSWORD_CHARS>();
        let password: String =
            bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
        if weakness(&password, phone).is_none() {
            return password;
        }
    }
}

#[cfg(test)]
mod tests {
    use yunke_store::{AccountStore as _, Setup, SetupOutcome, UnitStore as _};
    use yunke_store_sqlite::SqliteStore;

    use super::*;

    fn add(phone: &str, branch: Option<&str>) -> Person {
        Person {
            phone: Some(phone.to_owned()),
            name: "𠮷田 静".to_owned(),
            branch: branch.map(str::to_owned),
            member_no: None,
            lecturer: branch.is_none(),
            organizer: false,
            owner: false,
            auditor: false,
        }
    }

    #[tokio::test]
    async fn people_are_added_to_a_centre_and_only_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let config = Config { data_dir: folder.path().to_owned(), ..Config::default() };
        let source = Source::system();
        let early = add("13900000001", None).run(&config, &source).await.expect_err("no centre");
        assert!(early.to_string().contains("no centre yet"), "{early}");

        let store = SqliteStore::open(&config.database()).await.expect("a store");
        let organizer = NewUser {
            id: source.id(),
            name: "王".to_owned(),
            phone: Some("13900000000".to_owned()),
            password_hash: None,
            first_password: false,
            branch_id: None,
            member_no: None,
            roles: Vec::new(),
            at: source.now(),
        };
        let setup = Setup { centre_id: source.id(), centre_name: "中心".to_owned(), organizer };
        assert_eq!(store.set_up(setup).await.expect("set up"), SetupOutcome::Done);

        let password = add("139 0000 0001", Some("一支部")).run(&config, &source).await.expect("a member");
        let by = SignInName { phone: Some("13900000001".to_owned()), member_no: None };
        let found = store.credentials(&by).await.expect("read").remove(0);
        let passwords = Passwords::new();
        assert!(passwords.verify(password, found.password_hash).await.expect("verified"));
        let user = store.user(found.user_id, source.now()).await.expect("read").expect("is there");
        assert!(user.first_password, "it was printed, and has to be replaced");
        add("13900000002", Some("一支部")).run(&config, &source).await.expect("another of the branch");
        let units = store.units_within(&["/".to_owned()]).await.expect("read");
        assert_eq!(units.iter().filter(|unit| unit.name == "一支部").count(), 1);
        add("13900000003", None).run(&config, &source).await.expect("a lecturer");

        let twice = add("13900000001", None).run(&config, &source).await.expect_err("taken");
        assert!(twice.to_string().contains("already"), "{twice}");
        // Who shares the number of somebody, and who has none.
        let other = Person { name: "另一位".to_owned(), ..add("13900000001", None) };
        other.run(&config, &source).await.expect("another person");
        let number =
            |number: &str| Person { phone: None, member_no: Some(number.to_owned()), ..add("", None) };
        number("A-1").run(&config, &source).await.expect("without a phone");
        let taken = number(" Ａ-1 ").run(&config, &source).await.expect_err("taken");
        assert!(taken.to_string().contains("number of a member"), "{taken}");
        let neither = number(" ").run(&config, &source).await.expect_err("neither");
        assert!(neither.to_string().contains("--member-no"), "{neither}");
        let wrong = add("12", None).run(&config, &source).await.expect_err("no number");
        assert!(wrong.to_string().contains("--phone"), "{wrong}");
        let nothing = Person { lecturer: false, ..add("13900000004", None) };
        let nothing = nothing.run(&config, &source).await.expect_err("no role");
        assert!(nothing.to_string().contains("--branch"), "{nothing}");
    }
}
