export const AppearanceSettings = () => null
