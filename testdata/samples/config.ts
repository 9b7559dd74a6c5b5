export interface Config { apiKey: string; password?: string; tokenExpiry: number }

export const config: Config = {
  apiKey: process.env.API_KEY ?? "",
  tokenExpiry: 3600,
};

const slack = "⟦slack-bot-token|xoxb-{dig:12}-{dig:12}-{b62:24}⟧";
const integrity = "sha512-2NCbeTuIXWfA2z9fSL5rQQyoZd0nhsEmJWpLkCRvAqUoJF9mGuUzDnRZz0B0kTgFZ9lBq2u4q1xJbT2p0c6GQw==";
const commit = "3f786850e387550fdab836ed7e6dc881de23001b";
const id = "123e4567-e89b-12d3-a456-426614174000";
