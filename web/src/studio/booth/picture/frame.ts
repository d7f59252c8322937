/** The composed picture: the size and rate that encoders are told to send. */
export const WIDTH = 1280
export const HEIGHT = 720
export const FPS = 30
