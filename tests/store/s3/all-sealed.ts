import type {
  ListedObject,
  Metadata,
  ObjectAttributes,
  ObjectRecord,
  Store,
  UploadRecord,
} from "../../../src/store/store.ts";

/** A member of metadata that only encrypted objects have. */
const MARK = "X-Minio-Internal-Test";

/** A store that takes everything for encrypted: marks what is written, and takes the mark off what is read. */
export function allSealed(store: Store): Store {
  return new Proxy(store, {
    get(target, name: keyof Store) {
      const changed = CHANGES(target)[name];
      if (changed !== undefined) return changed;
      const value: unknown = target[name];
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

const marked = <T extends { readonly metadata: Metadata }>(thing: T): T => ({
  ...thing,
  metadata: { ...thing.metadata, [MARK]: "" },
});

function bare<T extends ObjectRecord | UploadRecord | ListedObject>(thing: T): T {
  const { [MARK]: _mark, ...metadata } = thing.metadata ?? {};
  return { ...thing, metadata };
}

const markedAttributes = (attributes: ObjectAttributes) => marked(attributes);

function CHANGES(store: Store): Partial<Store> {
  return {
    async head(...where) {
      const record = await store.head(...where);
      return record && bare(record);
    },
    async open(...where) {
      const handle = await store.open(...where);
      return handle && { ...handle, record: bare(handle.record) };
    },
    async putObject(put) {
      return bare(
        await store.putObject({
          ...put,
          metadata: { [MARK]: "" },
          attributes: async () => markedAttributes(await put.attributes()),
        }),
      );
    },
    replaceAttributes: async (change) =>
      bare(await store.replaceAttributes({ ...change, attributes: marked(change.attributes) })),
    async listObjects(query) {
      const page = await store.listObjects(query);
      return {
        ...page,
        objects: page.objects.map((object) => {
          const { metadata: _metadata, ...listed } = bare(object);
          return listed;
        }),
      };
    },
    createUpload: async (upload) => bare(await store.createUpload(marked(upload))),
    getUpload: async (id) => bare(await store.getUpload(id)),
    replaceUploadMetadata: async (id, metadata) =>
      bare(await store.replaceUploadMetadata(id, { ...metadata, [MARK]: "" })),
    async listUploads(query) {
      const page = await store.listUploads(query);
      return { ...page, uploads: page.uploads.map(bare) };
    },
    completeUpload: async (complete) =>
      bare(await store.completeUpload({ ...complete, attributes: marked(complete.attributes) })),
  };
}
