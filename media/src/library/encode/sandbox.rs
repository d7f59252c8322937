//! What the process that encodes may do: so much memory, time and disk, one file to read, one folder to write, no network.

use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, Ruleset, RulesetAttr as _, RulesetCreatedAttr as _, RulesetStatus,
    path_beneath_rules,
};
use rustix::process::{Resource, Rlimit, getrlimit, nice, setrlimit};

/// Everything live goes first.
const NICE: i32 = 19;
/// Address space: what a file asks for beyond it is refused, instead of taking the machine's memory.
const MEMORY_BYTES: u64 = 3 << 30;
/// The largest file it may write: a rendition of two days.
const FILE_BYTES: u64 = 3 << 30;
/// Files and sockets it may hold; GStreamer has its plugins open for a moment.
const FILES: u64 = 512;
/// Processor time: so much to begin with, and a second for so many seconds of sound; on the slowest machine it takes a tenth.
const CPU_SECONDS: u64 = 180;
const SOUND_A_CPU_SECOND: u64 = 3;
/// Until the sound was heard its length is not known: few codecs need less than this for a second, and for those it is enough
/// to be heard.
const BYTES_A_SECOND: u64 = 400;
/// From the signal that says it was too much to the one that cannot be survived.
const CPU_GRACE_SECONDS: u64 = 5;

fn cpu_seconds(sound_seconds: u64) -> u64 {
    CPU_SECONDS + sound_seconds / SOUND_A_CPU_SECOND
}

/// Before anything of the file is looked at: priority and limits. `longest_ms` is the longest sound that is taken, `bytes` the
/// size of the file: a small one cannot use up what a long one may.
pub(super) fn limits(longest_ms: i64, bytes: u64) -> std::io::Result<()> {
    nice(NICE)?;
    let whole = |most| Rlimit { current: Some(most), maximum: Some(most) };
    setrlimit(Resource::As, whole(MEMORY_BYTES))?;
    setrlimit(Resource::Fsize, whole(FILE_BYTES))?;
    setrlimit(Resource::Nofile, whole(FILES))?;
    setrlimit(Resource::Core, whole(0))?;
    let longest = u64::try_from(longest_ms / 1000).unwrap_or(0);
    let (now, most) = (cpu_seconds(longest.min(bytes / BYTES_A_SECOND)), cpu_seconds(longest));
    setrlimit(Resource::Cpu, Rlimit { current: Some(now), maximum: Some(most + CPU_GRACE_SECONDS) })?;
    Ok(())
}

/// The sound was heard and is as long as this: from now on it has the processor time for its length.
pub(super) fn heard(seconds: f64) -> std::io::Result<()> {
    let maximum = getrlimit(Resource::Cpu).maximum;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds")]
    let wanted = cpu_seconds(seconds.max(0.0) as u64);
    let most = maximum.map_or(wanted, |most| wanted.min(most.saturating_sub(CPU_GRACE_SECONDS)));
    setrlimit(Resource::Cpu, Rlimit { current: Some(most), maximum })?;
    Ok(())
}

/// Where GStreamer keeps its list of plugins. Without it each start would look at all of them.
fn registry() -> Option<PathBuf> {
    let set = ["GST_REGISTRY_1_0", "GST_REGISTRY"].iter().find_map(std::env::var_os);
    let cache = || std::env::var_os("XDG_CACHE_HOME").filter(|path| !path.is_empty()).map(PathBuf::from);
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache"));
    set.map(PathBuf::from).or_else(|| Some(cache().or_else(home)?.join("gstreamer-1.0")))
}

/// Shuts the process in, as far as this kernel can: it reads programs, the list of plugins and its file, writes into its folder
/// and talks to nobody. It holds for this thread and those it starts from now on, so it comes before GStreamer.
/// Without Landlock the limits stand alone, and the log says so.
pub(super) fn shut_in(file: &Path, folder: &Path) -> Result<(), landlock::RulesetError> {
    let abi = ABI::V4;
    let readable = [
        "/usr",
        "/lib",
        "/lib64",
        "/etc/ld.so.cache",
        "/proc/self",
        "/proc/cpuinfo",
        "/sys/devices/system/cpu",
    ];
    let plugins = [
        "GST_PLUGIN_PATH",
        "GST_PLUGIN_PATH_1_0",
        "GST_PLUGIN_SYSTEM_PATH",
        "GST_PLUGIN_SYSTEM_PATH_1_0",
        "LD_LIBRARY_PATH",
    ];
    let plugins = plugins.iter().filter_map(std::env::var_os);
    let plugins: Vec<PathBuf> =
        plugins.flat_map(|all| std::env::split_paths(&all).collect::<Vec<_>>()).collect();
    let registry = registry();
    let read = readable
        .iter()
        .map(Path::new)
        .chain(plugins.iter().map(PathBuf::as_path))
        .chain([file])
        .chain(registry.as_deref());
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(abi))?
        .handle_access(AccessNet::from_all(abi))?
        .create()?
        .add_rules(path_beneath_rules(read, AccessFs::from_read(abi)))?
        .add_rules(path_beneath_rules(
            ["/dev/null", "/dev/urandom"],
            AccessFs::ReadFile | AccessFs::WriteFile,
        ))?
        .add_rules(path_beneath_rules([folder], AccessFs::from_all(abi)))?
        .restrict_self()?;
    if status.ruleset == RulesetStatus::NotEnforced {
        tracing::warn!("this kernel has no Landlock: the process that encodes has its limits and no walls");
    }
    Ok(())
}
