export const AlertSettings = () => null
