/** Where the domains are, for the apps that load them by what they find there. */
export const domainsFolder = import.meta.dirname;
