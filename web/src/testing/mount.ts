/** For tests: a component on a page of its own, in Chinese, with the words of an area. */
import { createApp, h, nextTick, type Component } from 'vue'
import { createMemoryHistory, createRouter, type Router } from 'vue-router'
import { loadArea, setLocale, type Area } from '@/i18n'

export interface Mounted {
  root: HTMLElement
  router: Router
  text(): string
  button(name: string): HTMLButtonElement
  unmount(): void
}

export async function mount(component: Component, props: Record<string, unknown>, area: Area, at?: string): Promise<Mounted> {
  await Promise.all([loadArea('common'), loadArea(area)])
  await setLocale('zh-CN')
  const root = document.createElement('div')
  document.body.append(root)
  const names = [
    'studio',
    'studio-lesson',
    'studio-replay',
    'console',
    'console-lessons',
    'console-attendance',
    'console-evidence',
    'console-slips',
    'console-people',
    'console-roster',
    'console-roster-import',
    'console-person-new',
    'console-person',
    'sign-in',
  ]
  const routes = names.map((name) => ({ path: `/${name}/:id?/:member?/:person?`, name, component: { render: () => null } }))
  const app = createApp({ render: () => h(component, props) })
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [...routes, { path: '/:rest(.*)*', component: { render: () => null } }],
  })
  if (at !== undefined) await router.push(at)
  app.use(router)
  app.mount(root)
  await nextTick()
  return {
    root,
    router,
    text: () => root.textContent ?? '',
    button: (name) => {
      const found = [...root.querySelectorAll('button')].find((b) => b.textContent?.trim() === name)
      if (!found) throw new Error(`no button ${name} in: ${root.textContent}`)
      return found
    },
    unmount: () => {
      app.unmount()
      root.remove()
    },
  }
}
