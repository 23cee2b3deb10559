// The part of dcmjs that this project uses in src: its generated data dictionary (PS3.6).
declare module 'dcmjs' {
  interface DictionaryEntry {
    /** "(0010,0010)" */
    tag: string
    vr: string
    vm: string
    name: string
  }
  interface LogLevel {
    setLevel(level: string): void
    getLogger(name: string): LogLevel
  }
  const dcmjs: {
    data: { DicomMetaDictionary: { nameMap: Record<string, DictionaryEntry> } }
    log: LogLevel
  }
  export default dcmjs
}
