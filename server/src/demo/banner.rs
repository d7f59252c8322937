//! What the demo says on the terminal: where to go, as whom, and how to publish.

use std::{
    fmt::Write as _,
    io::Write as _,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use qrcode::{QrCode, render::unicode::Dense1x2};

use super::{
    live::Live,
    people::{LECTURER, MEMBERS, ORGANIZER, PASSWORD},
};
use crate::{routes::origin::lan_address, state::AppState};

/// Prints it all. A closed terminal is no reason to stop.
pub(super) fn print(app: &AppState, address: SocketAddr, live: &Live) {
    let _ = std::io::stdout().lock().write_all(text(app, address, live).as_bytes());
}

fn text(app: &AppState, address: SocketAddr, live: &Live) -> String {
    let port = address.port();
    let own = if address.ip().is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { address.ip() };
    let here = format!("http://{}", SocketAddr::new(own, port));
    let lan = address.ip().is_unspecified().then(lan_address).flatten();
    let phone = lan.map(|ip| format!("http://{}", SocketAddr::new(ip, port)));
    let mut text = format!("\n  Yunke 云课 demo\n\n  {:<22}{here}\n", "网页 web");
    if let Some(phone) = &phone {
        let _ = writeln!(text, "  {:<22}{phone}", "手机 phone");
    }
    if let Ok(code) = QrCode::new(phone.as_deref().unwrap_or(&here)) {
        let drawing =
            code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build();
        let _ = writeln!(text, "\n{drawing}\n");
    }
    let _ = writeln!(text, "  密码 password        {PASSWORD}");
    for account in [&ORGANIZER, &LECTURER].into_iter().chain(MEMBERS.iter().map(|(account, _)| account)) {
        let _ = writeln!(text, "  {}         {}  {}", account.phone, account.name, account.what);
    }
    // Port 0 is not known yet; the log names it when media listens.
    let rtmp = SocketAddr::new(lan.unwrap_or(own), app.media.rtmp_port());
    let _ =
        writeln!(text, "\n  推流 RTMP server      rtmp://{rtmp}/live\n  密钥 key              {}", live.key);
    text += "  （演示正在用此密钥推流 the demo itself publishes with this key）\n";
    let _ = write!(
        text,
        "\n  课程 lesson           {here}/lessons/{}\n  停止 stop             Ctrl-C\n\n",
        live.lesson
    );
    text
}
