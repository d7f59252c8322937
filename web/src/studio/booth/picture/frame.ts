/** The composed picture: the size and rate that encoders are asked to send. */
export const WIDTH = 1280
export const HEIGHT = 720
export const FPS = 30
