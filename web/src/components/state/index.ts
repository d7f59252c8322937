export { default as ProblemView } from './ProblemView.vue'
export { default as ResourceView } from './ResourceView.vue'
export { default as SkeletonView } from './SkeletonView.vue'
export { default as StateView } from './StateView.vue'
