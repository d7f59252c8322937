import { createApp } from 'vue'
import App from './App.vue'
import { loadArea, locale } from './i18n'
import { registerShell } from './lib/shell'
import { lookAhead, router } from './router'
import { display } from './session/display'
import './styles/tokens.css'
import './styles/base.css'

// For boot/watch.js: modules run here.
document.documentElement.dataset.started = ''
display.restore()
document.documentElement.lang = locale()
registerShell()
lookAhead()
void loadArea('common').then(() => createApp(App).use(router).mount('#app'))
