import { describe, expect, test } from "bun:test";
import { FreeSpace } from "../../../src/store/embedded/free-space.ts";

const GIB = 2 ** 30;

describe("FreeSpace", () => {
  const counted = (free: number) => {
    const disk = { free, asked: 0 };
    const space = new FreeSpace(() => {
      disk.asked++;
      return disk.free;
    });
    return { disk, space };
  };

  test("asks once for many small writes while there is plenty", () => {
    const { disk, space } = counted(100 * GIB);
    for (let i = 0; i < 10; i++) expect(space.take(4096, 0)).toBe(true);
    expect(disk.asked).toBe(1);
  });

  test("asks again once what it let through leaves less than a gigabyte of what was free", () => {
    const { disk, space } = counted(3 * GIB);
    expect(space.take(GIB, 0)).toBe(true);
    expect(space.take(GIB, 0)).toBe(true);
    disk.free = GIB;
    expect(space.take(1, 0)).toBe(true);
    expect(disk.asked).toBe(2);
    expect(space.take(GIB + 1, 0)).toBe(false);
  });

  test("asks for every write when there is little, and keeps the reserve to the byte", () => {
    const { disk, space } = counted(1000);
    expect(space.take(900, 100)).toBe(true);
    expect(space.take(901, 100)).toBe(false);
    disk.free = 1001;
    expect(space.take(901, 100)).toBe(true);
    expect(disk.asked).toBe(3);
  });
});
