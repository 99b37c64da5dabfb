/** Names of clusters in texts that show nothing else of them, such as the names of jobs. */

interface NamedCluster {
  readonly name: string;
  readonly resourceGroup: string;
  readonly subscriptionId: string;
}

/** Returns the name of a cluster; with its resource group and subscription where several of the clusters have the same name. */
export function labelsFor(clusters: readonly NamedCluster[]): (cluster: NamedCluster) => string {
  const times = new Map<string, number>();
  for (const { name } of clusters) times.set(name.toLowerCase(), (times.get(name.toLowerCase()) ?? 0) + 1);
  return ({ name, resourceGroup, subscriptionId }) => {
    const place = [...(resourceGroup === "" ? [] : [`resource group ${resourceGroup}`]), ...(subscriptionId === "" ? [] : [`subscription ${subscriptionId}`])].join(", ");
    return (times.get(name.toLowerCase()) ?? 0) < 2 || place === "" ? name : `${name} (${place})`;
  };
}
