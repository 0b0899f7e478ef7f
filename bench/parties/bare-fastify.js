/** The least that a server is: Fastify with one route. What `bench/idle.ts` holds Colloquy against. */
import Fastify from 'fastify';

const app = Fastify();
app.get('/', async () => ({ ok: true }));
await app.listen({ host: '127.0.0.1', port: Number(process.argv[2]) });
