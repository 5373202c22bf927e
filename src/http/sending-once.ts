import type { Agent } from "node:http";

/**
 * An agent whose requests go out once. Deno sends one again by itself when a kept connection ends before the answer: even
 * one that was given up here, from bytes that may be freed by then, and one that must not be done twice.
 */
export function sendingOnce<A extends Agent>(agent: A): A {
  const reuse = agent.reuseSocket.bind(agent);
  agent.reuseSocket = (socket, request) => {
    reuse(socket, request);
    request.reusedSocket = false;
  };
  return agent;
}
