/** What the policies of the tests allow beside transit, so that a wrong mount is refused for what it is. */
export const EVERYTHING = [
  ...["my-minio-key", "derived-key", "other-key", "no-such-key"].flatMap((key) =>
    ["datakey/plaintext", "decrypt", "encrypt", "rewrap"].flatMap((action) => [
      `transit/${action}/${key}`,
      `elsewhere/${action}/${key}`,
    ])
  ),
];
