// OBS Studio as it comes with Debian, on a screen of its own, streaming with its simple output as a studio would set it up.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Program } from './program.mjs';

const SCREEN = '1280x720x24';

/** Starts OBS streaming to `server` (RTMP or SRT) with `key`; its settings lie under `folder`. */
export async function startObs(t, folder, { server, key = '', settings = {} }) {
  const home = join(folder, 'obs');
  const config = join(home, '.config', 'obs-studio');
  const profile = join(config, 'basic', 'profiles', 'Yunke');
  const scenes = join(config, 'basic', 'scenes');
  await mkdir(profile, { recursive: true });
  await mkdir(scenes, { recursive: true });
  // No first-run wizard, no question about updates.
  await writeFile(
    join(config, 'global.ini'),
    '[General]\nFirstRun=true\nEnableAutoUpdates=false\n[Basic]\nProfile=Yunke\nProfileDir=Yunke\nSceneCollection=Yunke\nSceneCollectionFile=Yunke\n',
  );
  await writeFile(join(profile, 'basic.ini'), ini(settings));
  await writeFile(join(profile, 'service.json'), JSON.stringify({ type: 'rtmp_custom', settings: { server, key, use_auth: false } }));
  await writeFile(join(scenes, 'Yunke.json'), JSON.stringify(scene()));
  const xvfb = new Program('Xvfb', ['-displayfd', '3', '-screen', '0', SCREEN, '-nolisten', 'tcp'], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  t.after(() => xvfb.stop('SIGTERM'));
  const display = await new Promise((tell, fail) => {
    xvfb.process.stdio[3].setEncoding('utf8').once('data', (number) => tell(number.trim()));
    xvfb.exited.then(() => fail(new Error(`Xvfb ended: ${xvfb.output}`)));
  });
  const obs = new Program(
    'obs',
    ['--startstreaming', '--minimize-to-tray', '--multi', '--disable-updater', '--profile', 'Yunke', '--collection', 'Yunke'],
    {
      env: {
        ...process.env,
        HOME: home,
        XDG_CONFIG_HOME: join(home, '.config'),
        DISPLAY: `:${display}`,
        LIBGL_ALWAYS_SOFTWARE: '1',
        QT_QPA_PLATFORM: 'xcb',
      },
    },
  );
  t.after(() => obs.stop('SIGKILL'));
  return obs;
}

function ini(settings) {
  const { kbps = 800, width = 640, height = 360, fps = 30 } = settings;
  return `[General]\nName=Yunke\n[Output]\nMode=Simple\n[SimpleOutput]\nVBitrate=${kbps}\nABitrate=96\nStreamEncoder=x264\nPreset=ultrafast\n[Video]\nBaseCX=${width}\nBaseCY=${height}\nOutputCX=${width}\nOutputCY=${height}\nFPSType=0\nFPSCommon=${fps}\n[Audio]\nSampleRate=48000\nChannelSetup=Stereo\n`;
}

function scene() {
  const source = { id: 'color_source_v3', name: 'Wall', settings: { color: 4278255615, width: 640, height: 360 }, enabled: true };
  const items = [{ name: 'Wall', id: 1, visible: true, pos: { x: 0, y: 0 }, scale: { x: 1, y: 1 } }];
  return {
    name: 'Yunke',
    current_scene: 'Scene',
    current_program_scene: 'Scene',
    scene_order: [{ name: 'Scene' }],
    sources: [source, { id: 'scene', name: 'Scene', settings: { items, id_counter: 1, custom_size: false } }],
  };
}
