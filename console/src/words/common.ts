import { defineWords } from './define.ts'
import { en } from './en.ts'
import { es } from './es.ts'
import { ptBR } from './pt-BR.ts'

/** Words of the kit and of what pages share. */
export const common = defineWords({ en, 'pt-BR': ptBR, es })
