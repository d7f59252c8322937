//! Who and what is in the demo.

use uuid::Uuid;
use yunke_store::{SignInName, StoreResult};

use crate::state::AppState;

/// The password of every account of the demo.
pub(super) const PASSWORD: &str = "yunke-demo";

/// Somebody of the demo.
pub(super) struct Account {
    pub(super) name: &'static str,
    pub(super) phone: &'static str,
    /// For the list that is printed.
    pub(super) what: &'static str,
}

pub(super) const ORGANIZER: Account =
    Account { name: "王海燕", phone: "13800000001", what: "组织者 organizer 青禾学习中心" };

pub(super) const LECTURER: Account =
    Account { name: "沈明哲", phone: "13800000002", what: "讲师 lecturer" };

/// Members, with the index of their branch in [`BRANCHES`].
pub(super) const MEMBERS: [(Account, usize); 3] = [
    (Account { name: "陈晓岚", phone: "13800000003", what: "学员 member 创业大厦第一支部" }, 0),
    (Account { name: "周建国", phone: "13800000004", what: "学员 member 创业大厦第一支部" }, 0),
    (Account { name: "李思远", phone: "13800000005", what: "学员 member 河湾村支部" }, 2),
];

pub(super) const CENTRE: &str = "青禾学习中心";

/// Stations, with their points.
pub(super) const STATIONS: [(&str, &str); 2] = [("梧桐站", "创业大厦点"), ("河湾站", "河湾村点")];

/// Branches, with the index of their point's station.
pub(super) const BRANCHES: [(&str, usize); 3] =
    [("创业大厦第一支部", 0), ("软件园联合支部", 0), ("河湾村支部", 1)];

/// The lesson that is live.
pub(super) const LIVE_TITLE: &str = "午间一小时：社区里的好办法";

pub(super) const LIVE_SUMMARY: &str =
    "演示课程：画面由测试信号生成，左上角的时钟与真实时间一致，讲解由语音合成朗读。";

/// Lessons to come: title, summary, days from today, hour and minute in Shanghai, minutes.
pub(super) const PLANNED: [(&str, &str, i64, i64, i64); 4] = [
    ("邻里纠纷怎么调解", "三个真实的故事，三种谈话的办法。", 0, 20 * 60, 45),
    ("周末学堂：手机里的反诈课", "把最近的骗术讲清楚，课后可以提问。", 1, 12 * 60, 60),
    ("楼宇讲坛：垃圾分类三年回头看", "数字背后的人和事。", 3, 12 * 60 + 15, 45),
    ("有声图书馆：一起读一封家书", "请带上耳机。", 7, 19 * 60 + 30, 30),
];

/// Lessons that were: title, summary, days ago, minutes.
pub(super) const PAST: [(&str, &str, i64, i64); 4] = [
    ("社区志愿服务入门", "怎样开始，怎样坚持。", 3, 45),
    ("云讲解：走进梧桐站展厅", "跟着镜头看一遍展厅。", 10, 30),
    ("楼宇讲坛：办公室里的急救", "十分钟里能做的三件事。", 17, 25),
    ("周末学堂：给老人看得懂的手机课", "字调大，步骤写清，慢慢来。", 24, 20),
];

/// What the voice of the demo says, over and over.
pub(super) const SPEECH: &str = "大家中午好，欢迎来到青禾学习中心的午间一小时。\
今天我们聊一聊社区里的好办法。\
第一个办法，是把议事的桌子搬到楼下。谁家有难处，坐下来说一说，邻居们一起想。\
第二个办法，是一张清单。大家需要什么，中心能做什么，一条一条写清楚，做完一条，划掉一条。\
第三个办法，是把课送到手机上。人在办公楼，在田头，在路上，都能一起学习。\
您现在看到的是演示画面，屏幕左上角的时钟，就是现在的时间。\
如果您能听清楚这段话，说明声音正常。谢谢大家。";

/// Whose account this is, once the demo is set up.
pub(super) async fn known(app: &AppState, account: &Account) -> StoreResult<Option<Uuid>> {
    let by = SignInName { phone: Some(account.phone.to_owned()), member_no: None };
    let found = app.store.credentials(&by).await?.into_iter().find(|one| one.name == account.name);
    Ok(found.map(|one| one.user_id))
}
