import type { Reply } from "./operation.ts";
import { OWNER, OWNER_FIELDS } from "./owner.ts";
import { document, element, join, Xml } from "../xml/xml-writer.ts";

const GRANTEE = new Xml(
  `<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser">${
    join(OWNER_FIELDS).text
  }</Grantee>`,
);

/** The one access control list that there is: the owner has full control. Everything else is said by policies. */
export function ownerControlsAll(): Reply {
  const grant = element("Grant", [GRANTEE, element("Permission", "FULL_CONTROL")]);
  return {
    status: 200,
    headers: { "Content-Type": "application/xml" },
    body: document("AccessControlPolicy", [OWNER, element("AccessControlList", grant)]),
  };
}
