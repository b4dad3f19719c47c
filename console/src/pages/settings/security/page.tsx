export const SecuritySettings = () => null
