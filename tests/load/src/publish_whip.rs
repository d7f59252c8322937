//! A WHIP publisher that is not of our making: GStreamer's `whipsink` on `webrtcbin`, with a moving picture and a tick
//! once a second; or, to measure how far picture and sound are apart, with a picture that flashes while it beeps.

use std::{fmt::Write as _, time::Duration};

use anyhow::{Context as _, Result, anyhow, bail};
use gst_sender::{self as gst, prelude::*};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The WHIP endpoint.
    #[arg(long)]
    url: reqwest::Url,
    /// The stream key.
    #[arg(long)]
    key: String,
    /// Ends by itself after so many seconds; else when it is ended.
    #[arg(long)]
    seconds: Option<u64>,
    #[arg(long, default_value_t = 1280)]
    width: u32,
    #[arg(long, default_value_t = 720)]
    height: u32,
    /// Frames between key frames; browsers have none of their own.
    #[arg(long, default_value_t = 2500)]
    key_frames: u32,
    /// Without picture.
    #[arg(long)]
    no_video: bool,
    /// Without sound.
    #[arg(long)]
    no_audio: bool,
    /// White with a tone for 0.2 s every 1.1 s, black and silent between.
    #[arg(long, conflicts_with = "clock")]
    flash: bool,
    /// The sound card is fast by so many millionths, or slow: it makes more or fewer samples a second than it says.
    #[arg(long, default_value_t = 0, allow_hyphen_values = true, value_parser = clap::value_parser!(i32).range(-10_000..=10_000))]
    audio_ppm: i32,
    /// A bar code over the picture: milliseconds since this time, UTC milliseconds, when the frame was made.
    #[arg(long)]
    clock: Option<i64>,
}

/// Rhythm of the flashes: whole frames at 30 fps, and no multiple of a second.
const FLASH_EVERY: gst::ClockTime = gst::ClockTime::from_mseconds(1_100);
const FLASH: gst::ClockTime = gst::ClockTime::from_mseconds(200);

/// Height of the bar code, as tests/harness/barcode.mjs reads it.
const CODE_LINES: usize = 16;
/// Its columns: a mark of two at each end, and between them the bits, the lowest first.
const CODE_COLUMNS: usize = 32;

/// Publishes; the JSON has how long it did.
pub(crate) async fn run(args: Args) -> Result<Value> {
    crate::loopback(&args.url)?;
    gst::init()?;
    gstwebrtchttp::plugin_register_static()?;
    let pipeline = gst::parse::launch(&description(&args))?;
    let pipeline = pipeline.downcast::<gst::Pipeline>().map_err(|_| anyhow!("no pipeline"))?;
    let sink = pipeline.by_name("whip").context("the sink")?;
    sink.set_property("whip-endpoint", args.url.as_str());
    sink.set_property("auth-token", &args.key);
    listen_on_loopback(&sink)?;
    if args.flash {
        darken_between_flashes(&pipeline)?;
    }
    if args.audio_ppm != 0 {
        skew_the_sound(&pipeline)?;
    }
    if let Some(origin) = args.clock {
        write_the_clock(&pipeline, origin, args.width as usize)?;
    }
    let started = Instant::now();
    pipeline.set_state(gst::State::Playing)?;
    let bus = pipeline.bus().context("a bus")?;
    let ended = loop {
        if let Some(message) = bus.pop_filtered(&[gst::MessageType::Error, gst::MessageType::Eos]) {
            let gst::MessageView::Error(error) = message.view() else { break Ok(()) };
            break Err(anyhow!("{}: {}", error.error(), error.debug().unwrap_or_default()));
        }
        if args.seconds.is_some_and(|seconds| started.elapsed() >= Duration::from_secs(seconds)) {
            break Ok(());
        }
        tokio::select! {
            () = sleep(Duration::from_millis(50)) => {}
            _ = tokio::signal::ctrl_c() => break Ok(()),
        }
    };
    // Ends the session with a DELETE, for which whipsink has a runtime of its own.
    let stopped = tokio::task::spawn_blocking(move || pipeline.set_state(gst::State::Null)).await?;
    ended?;
    if stopped.is_err() {
        bail!("the pipeline did not stop");
    }
    Ok(json!({ "seconds": started.elapsed().as_secs_f64() }))
}

fn description(args: &Args) -> String {
    let Args { width, height, key_frames, .. } = args;
    // Grey of one byte a pixel, so that nothing is black.
    let (picture, sound) = match (args.flash, args.clock) {
        (true, _) => ("pattern=white ! video/x-raw,format=GRAY8", "wave=sine freq=1000 samplesperbuffer=96"),
        (_, Some(_)) => ("pattern=ball flip=true ! video/x-raw,format=GRAY8", "wave=ticks"),
        _ => ("pattern=ball flip=true ! video/x-raw", "wave=ticks"),
    };
    let mut text = "whipsink name=whip".to_owned();
    if !args.no_video {
        let _ = write!(
            text,
            " videotestsrc is-live=true {picture},width={width},height={height},framerate=30/1 \
             ! identity name=picture ! videoconvert ! video/x-raw,format=I420 ! x264enc tune=zerolatency speed-preset=superfast bitrate=1500 key-int-max={key_frames} bframes=0 \
             ! video/x-h264,profile=constrained-baseline ! queue \
             ! rtph264pay aggregate-mode=zero-latency config-interval=-1 \
             ! application/x-rtp,media=video,encoding-name=H264,payload=102,clock-rate=90000 ! whip.sink_0"
        );
    }
    if !args.no_audio {
        let pad = i32::from(!args.no_video);
        let rate = 48_000 + 48_000 * args.audio_ppm / 1_000_000;
        let _ = write!(
            text,
            " audiotestsrc is-live=true {sound} ! audio/x-raw,format=S16LE,rate=48000,channels=2 ! identity name=sound \
             ! audioresample ! audio/x-raw,rate={rate} ! capssetter caps=audio/x-raw,rate=48000 ! opusenc ! queue ! rtpopuspay name=rtp \
             ! application/x-rtp,media=audio,encoding-name=OPUS,payload=111,clock-rate=48000,encoding-params=(string)2 \
             ! whip.sink_{pad}"
        );
    }
    text
}

/// Empties what lies between the flashes, by the time that stands on the buffers: both tracks to the buffer.
fn darken_between_flashes(pipeline: &gst::Pipeline) -> Result<()> {
    for element in ["picture", "sound"].into_iter().filter_map(|name| pipeline.by_name(name)) {
        let pad = element.static_pad("src").context("a pad")?;
        pad.add_probe(gst::PadProbeType::BUFFER, |_, info| {
            if let Some(buffer) = info.buffer_mut()
                && buffer.pts().is_some_and(|pts| pts.nseconds() % FLASH_EVERY.nseconds() >= FLASH.nseconds())
                && let Ok(mut bytes) = buffer.make_mut().map_writable()
            {
                bytes.fill(0);
            }
            gst::PadProbeReturn::Ok
        });
    }
    Ok(())
}

/// Has the clock of the sound count its samples, however long they took: 20 ms a packet.
fn skew_the_sound(pipeline: &gst::Pipeline) -> Result<()> {
    const PACKET_TICKS: u32 = 960;
    let pad = pipeline.by_name("rtp").and_then(|element| element.static_pad("src")).context("a sound")?;
    let mut ticks = 0_u32;
    let ticks = std::sync::Mutex::new(move || {
        ticks = ticks.wrapping_add(PACKET_TICKS);
        ticks
    });
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        if let Some(buffer) = info.buffer_mut()
            && let Ok(mut packet) = buffer.make_mut().map_writable()
            && let Some(timestamp) = packet.get_mut(4..8)
            && let Ok(mut next) = ticks.lock()
        {
            timestamp.copy_from_slice(&next().to_be_bytes());
        }
        gst::PadProbeReturn::Ok
    });
    Ok(())
}

/// Writes the time over the top of each picture.
fn write_the_clock(pipeline: &gst::Pipeline, origin: i64, width: usize) -> Result<()> {
    let pad =
        pipeline.by_name("picture").and_then(|element| element.static_pad("src")).context("a picture")?;
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        let at = gst::glib::real_time() / 1000 - origin;
        // 28 bits are three days.
        let bits = (at.cast_unsigned() & 0x0fff_ffff) << 2 | 1 | 1 << 31;
        if let Some(buffer) = info.buffer_mut()
            && let Ok(mut bytes) = buffer.make_mut().map_writable()
        {
            for (n, pixel) in bytes.iter_mut().take(width * CODE_LINES).enumerate() {
                let column = n % width * CODE_COLUMNS / width;
                *pixel = if bits >> column & 1 == 1 { 255 } else { 0 };
            }
        }
        gst::PadProbeReturn::Ok
    });
    Ok(())
}

/// Loopback is no address that ICE looks at by itself.
fn listen_on_loopback(sink: &gst::Element) -> Result<()> {
    let bin = sink.downcast_ref::<gst::Bin>().context("a bin")?;
    let webrtcbin = bin
        .iterate_recurse()
        .into_iter()
        .flatten()
        .find(|element| element.factory().is_some_and(|factory| factory.name() == "webrtcbin"));
    let agent = webrtcbin.context("webrtcbin")?.property::<gst::Object>("ice-agent");
    agent.emit_by_name::<bool>("add-local-ip-address", &[&"127.0.0.1"]);
    Ok(())
}
