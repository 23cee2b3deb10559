// Preloaded into the process that the launcher starts: when the launcher is gone, however it went, its end of the pipe closes, and this process stops too.
import { Socket } from 'node:net'

const fd = Number(process.env.GLIABRIDGE_LAUNCHER_FD)
// Only this process holds the pipe; what it starts must not look for it.
delete process.env.GLIABRIDGE_LAUNCHER_FD
if (fd > 2) {
  const pipe = new Socket({ fd, readable: true, writable: false })
  pipe.on('error', () => {})
  pipe.on('close', () => process.kill(process.pid, 'SIGTERM'))
  pipe.resume()
  pipe.unref()
}
