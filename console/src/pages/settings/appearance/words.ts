import { defineWords } from '../../../words/define.ts'

export const words = defineWords({
  en: {
    hint: 'For this browser. Nothing else is kept in it.',
    sample: 'How it looks',
    time: 'Date and time',
    number: 'Numbers',
    zone: 'Time zone',
    zoneHint: 'That of this computer',
  },
  'pt-BR': {
    hint: 'Para este navegador. Nada mais é guardado nele.',
    sample: 'Como fica',
    time: 'Data e hora',
    number: 'Números',
    zone: 'Fuso horário',
    zoneHint: 'O deste computador',
  },
  es: {
    hint: 'Para este navegador. No se guarda nada más en él.',
    sample: 'Cómo se ve',
    time: 'Fecha y hora',
    number: 'Números',
    zone: 'Zona horaria',
    zoneHint: 'La de este equipo',
  },
})
