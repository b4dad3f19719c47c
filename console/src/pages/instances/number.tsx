export const NumberPage = () => null
