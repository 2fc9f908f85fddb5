/** Chinese of OWNER_TEXTS: who owns an object, spread into the texts of every remediation. */
import type { OWNER_TEXTS } from '../../../../remediations/owner-texts.ts';

export const ZH_OWNER_TEXTS: Record<keyof typeof OWNER_TEXTS, string> = {
  'reverts-operator': 'Operator 按 {owner} 维持 {object}，会把旧值改回来。请修改 {owner}。',
  'reverts-argo-cd': 'Argo CD（{owner}）按 Git 维持 {object}，几分钟内会把旧值改回来。请把更改提交到 Git。',
  'reverts-flux': 'Flux（{owner}）按 Git 维持 {object}，会把旧值改回来。请把更改提交到 Git。',
  'reverts-olm': 'OLM 按 {owner} 维持 {object}，会把旧值改回来。请在那里修改。',
  'reverts-controller': '{object} 由 {owner} 创建并维持。请修改 {owner}。',
  'lasts-operator': '{owner} 背后的 Operator 已被要求不管 {object}。没有谁会改回这项更改。',
  'lasts-helm': '{object} 属于 Helm（{owner}）：更改只保留到下次升级。请同时修改该发布的参数。',
  'lasts-argo-cd': '{object} 属于 Argo CD（{owner}），它没有开启自动修复：更改只保留到下次同步。请同时提交到 Git。',
  'lasts-flux': '{object} 属于 Flux（{owner}），它目前不会改回手工更改：更改只保留到下次升级。请同时提交到 Git。',
  'lasts-kustomize': '{object} 来自 kustomize（{owner}）：更改只保留到下次 apply。请同时在那里修改。',
  'lasts-helm-chart-config':
    '{object} 属于 k3s 或 RKE2 的 {owner}：更改只保留到它再次应用，最迟到服务端重启。请同时写进 HelmChartConfig。',
  'lasts-controller': '{object} 由 {owner} 创建：它被替换后，更改就没有了。',
  'lasts-apply': '{object} 是用 kubectl apply 创建的：下次 apply 该文件会把旧值改回来。请同时修改文件。',
  'commit-patch': '{object} 的更改，请提交到它的来源：',
};
