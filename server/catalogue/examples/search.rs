//! How long the index takes to build and to answer: `cargo run --release -p yunke-catalogue --example search`.
//! 100,000 generated titles of the kind a county's library holds. For each query the time of the processor (the mean, which neighbours on
//! the machine do not change) and the longest on the clock (which they do).

use std::time::{Duration, Instant};

use yunke_catalogue::search::{Index, Kind};

const TITLES: usize = 100_000;
const ROUNDS: u32 = 30;

const SUBJECTS: [&str; 40] = [
    "党史",
    "长征",
    "延安精神",
    "红船精神",
    "井冈山",
    "西柏坡",
    "改革开放",
    "脱贫攻坚",
    "乡村振兴",
    "二十大报告",
    "宪法",
    "民法典",
    "中医养生",
    "太极拳",
    "八段锦",
    "广场舞",
    "声乐基础",
    "音乐欣赏",
    "书法入门",
    "国画山水",
    "摄影技巧",
    "手机使用",
    "银行防骗",
    "重庆谈判",
    "遵义会议",
    "南昌起义",
    "雷锋日记",
    "红岩",
    "平凡的世界",
    "三国演义",
    "红楼梦",
    "唐诗三百首",
    "宋词鉴赏",
    "论语",
    "孙子兵法",
    "家庭急救",
    "垃圾分类",
    "社区治理",
    "志愿服务",
    "English for Seniors",
];

const FORMS: [&str; 8] = [
    "《{}》第{n}讲",
    "第{n}集 {}",
    "{}·专题{n}",
    "{n} – {}：学习与思考",
    "听书 {} 卷{n}",
    "{}公开课（{n}）",
    "有声党课 {} {n}",
    "{}：张老师讲{}{n}",
];

const QUERIES: [&str; 24] = [
    "党史",
    "长征",
    "党",
    "d",
    "s",
    "dangshi",
    "dangsh",
    "ds",
    "dsx",
    "dsxx",
    "党shi",
    "cangzheng",
    "dansi",
    "chongqing",
    "yinyue",
    "shengyuejichu",
    "lanchang",
    "sssss",
    "党史 长征",
    "zhang laoshi",
    "english",
    "一",
    "第十二讲",
    "nothing like this at all",
];

/// What this thread has had of a processor, by Linux.
fn spent() -> Duration {
    let line = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = line.split_whitespace().next().and_then(|nanos| nanos.parse().ok());
    Duration::from_nanos(nanos.unwrap_or_default())
}

fn main() {
    let titles: Vec<String> = (0..TITLES)
        .map(|at| {
            let form = FORMS[at % FORMS.len()];
            let subject = SUBJECTS[(at / FORMS.len()) % SUBJECTS.len()];
            // Rare characters, so that there are as many different ones as in a real library.
            let rare = char::from_u32(0x4E00 + u32::try_from(at * 7 % 6_000).unwrap_or(0)).unwrap_or('一');
            format!("{}{rare}", form.replacen("{}", subject, 2).replace("{n}", &at.to_string()))
        })
        .collect();
    let keyed = || titles.iter().zip(0_u32..).map(|(title, key)| (Kind::Episode, key, title));
    let began = spent();
    for _ in 0..5 {
        drop(std::hint::black_box(Index::build(keyed())));
    }
    println!("build: {:.1?} of a processor", spent().saturating_sub(began) / 5);
    let index = Index::build(keyed());
    let (mut means, mut clock) = (Vec::new(), Vec::new());
    for query in QUERIES {
        let mut longest = Duration::ZERO;
        let mut hits = 0;
        let began = spent();
        for _ in 0..ROUNDS {
            let began = Instant::now();
            hits = std::hint::black_box(index.find(query, 20)).len();
            longest = longest.max(began.elapsed());
            clock.push(began.elapsed());
        }
        let mean = spent().saturating_sub(began) / ROUNDS;
        println!("{query:>28}: {mean:.2?}, on the clock at most {longest:.2?}, {hits} hits");
        means.push(mean);
    }
    clock.sort_unstable();
    let p99 = clock[clock.len() * 99 / 100];
    println!(
        "slowest query {:.2?} of a processor; on the clock p99 {p99:.2?}",
        means.iter().max().unwrap_or(&p99)
    );
}
