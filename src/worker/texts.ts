/** The worker's own sentences: how a diagnosis ended that brought no report. */
import type { Language } from '../core/jobs.ts';

interface Texts {
  readonly cancelledBy: string;
  readonly cancelled: string;
  readonly clusterUnreachable: (cluster: string, why: string) => string;
  readonly clusterRefused: (cluster: string, why: string) => string;
  readonly internal: (errorId: string) => string;
  readonly lost: string;
  readonly repeated: string;
  readonly cannotPost: (channel: string, why: string) => string;
  readonly fileTitle: (id: string) => string;
}

const en: Texts = {
  cancelledBy: 'Cancelled by',
  cancelled: 'Nothing in the cluster was changed.',
  clusterUnreachable: (cluster, why) =>
    `The API server of ${cluster} cannot be reached: ${why}. Check that it runs and that the worker's machine reaches its address, then ask again.`,
  clusterRefused: (cluster, why) =>
    `The API server of ${cluster} refuses the worker's credentials: ${why}. Whoever runs kubewhy must renew its kubeconfig; then ask again.`,
  internal: (errorId) =>
    `kubewhy failed on this question: a fault of its own, not of your cluster. Ask again; if it fails again, give whoever runs kubewhy this id: ${errorId}.`,
  lost: 'Several workers ended while they looked into this, and it is given up. Whoever runs kubewhy finds the reason in the log of the workers.',
  repeated: 'This message may stand here twice: Slack did not confirm the first one. Both say the same.',
  cannotPost: (channel, why) =>
    `I could not answer in ${channel}: ${why}. Invite me there with /invite @kubewhy and ask again.`,
  fileTitle: (id) => `Evidence of ${id}`,
};

const zh: Texts = {
  cancelledBy: '取消者：',
  cancelled: '集群未作任何更改。',
  clusterUnreachable: (cluster, why) =>
    `无法连接 ${cluster} 的 API server：${why}。请确认它在运行，且 worker 所在机器能访问其地址，然后重新提问。`,
  clusterRefused: (cluster, why) =>
    `${cluster} 的 API server 拒绝了 worker 的凭据：${why}。请 kubewhy 的管理员更新 kubeconfig，然后重新提问。`,
  internal: (errorId) =>
    `kubewhy 处理这个问题时自身出错，与您的集群无关。请重新提问；若再次失败，请把此编号告诉 kubewhy 的管理员：${errorId}。`,
  lost: '多个 worker 在处理此问题时中断，已放弃。原因见 worker 的日志。',
  repeated: '本消息可能出现两次：Slack 没有确认第一条。两条内容相同。',
  cannotPost: (channel, why) => `无法在 ${channel} 中回答：${why}。请用 /invite @kubewhy 邀请我，然后重新提问。`,
  fileTitle: (id) => `${id} 的证据`,
};

export const TEXTS: Readonly<Record<Language, Texts>> = { en, 'zh-cn': zh };
