/** Sentences of the rules about kubelet and the container runtime in Simplified Chinese. */
import type { RuleWords } from '../../words.ts';

/** Proofs that every rule about a kubelet shares. */
const shared = {
  line: 'kubelet 最近一次启动以这一行结束：{line}',
  unit: '{node} 上的 systemd 显示 kubelet：{state}。',
} as const;

/** What turns swap on at boot, and how to keep it off. */
const swapSources = {
  'by-gpt-auto':
    '{unit} 来自 {path}：无论 /etc/fstab 怎么写，systemd 都会在启动时自动启用每个类型为 swap 的分区（{detail}）。',
  'by-fstab': '/etc/fstab 中的一行会在启动时启用交换分区：{detail}',
  'by-zram': 'zram generator 会在启动时把 {device} 设为交换设备。',
  'by-unit': '{unit} 会在启动时启用交换分区；其文件是 {path}。',
  'fstab-off': '不是 /etc/fstab 启用的：其中交换分区那一行已被注释掉。',
  'fstab-none': '不是 /etc/fstab 启用的：其中没有交换分区那一行。',
  mask: '然后让它保持关闭：屏蔽（mask）{unit}。否则下次启动后交换分区又会启用。',
  'comment-fstab': '然后让它保持关闭：把 /etc/fstab 中的那一行注释掉。',
  'stop-zram': '然后让它保持关闭：空的 /etc/systemd/zram-generator.conf 会关掉 zram generator。',
} as const;

export const kubelet: RuleWords = {
  'container-runtime-cri-disabled': {
    _summary: '未启用 Kubernetes 插件的 containerd',
    found: '{node} 上的 containerd 运行时没有 Kubernetes 接口（CRI），因此 kubelet 无法启动。',
    fix: '从 /etc/containerd/config.toml 的 disabled_plugins 中去掉 "cri"，然后重启 containerd。若其中没有它，则是 containerd 对这个 kubelet 来说太旧。',
    ...shared,
  },
  'kubelet-allocatable-invalid': {
    _summary: '使 kubelet 无法设置容器的预留或 cgroup',
    found: '{node} 上的 kubelet 无法设置节点资源：{problem}',
    fix: '把预留（kubeReserved、systemReserved、evictionHard）改到小于节点容量，或重启主机以清除残留的 cgroup。',
    ...shared,
  },
  'kubelet-binary-broken': {
    _summary: '主机无法运行的 kubelet',
    found: '主机 {node} 无法运行 kubelet：{problem}。',
    fix: '为该架构重新安装 kubelet；检查挂载选项（noexec）以及 SELinux 或 AppArmor。',
    ...shared,
  },
  'kubelet-cgroup-driver-mismatch': {
    _summary: 'cgroup 驱动不同的 kubelet 与容器运行时',
    found: '{node} 上的 kubelet 使用 cgroup 驱动 {kubelet}，docker 使用 {runtime}。kubelet 拒绝启动。',
    fix: '让 kubelet 使用容器运行时的驱动：修改其配置中的 cgroupDriver。若节点上仍有 Pod 运行，请先排空节点。',
    ...shared,
  },
  'kubelet-cgroup-v1-unsupported': {
    _summary: '不再支持 cgroup v1 的 kubelet',
    found: '{node} 上的 kubelet 不再支持 cgroup v1，而主机使用 cgroup v1。',
    fix: '以 cgroup v2 启动主机（systemd.unified_cgroup_hierarchy=1）。暂时可用 failCgroupV1: false 让 kubelet 启动。',
    ...shared,
  },
  'kubelet-client-certificate-expired': {
    _summary: '客户端证书已过期的 kubelet',
    found: '{node} 上 kubelet 的客户端证书已过期（{expired}）。',
    fix: '在控制平面节点上重新生成 kubelet.conf，或用 token 让节点重新加入。"kubeadm certs renew" 不会更新 kubelet.conf。',
    ...shared,
  },
  'kubelet-cloud-provider-removed': {
    _summary: '设置了当前版本不再内置的云厂商的 kubelet',
    found: '{node} 上的 kubelet 设置了云厂商 {provider}，其版本已不再内置。',
    fix: '使用 --cloud-provider=external 并部署厂商自己的控制器，或去掉该参数。',
    ...shared,
  },
  'kubelet-config-invalid': {
    _summary: '配置有错误的 kubelet',
    found: '{node} 上 kubelet 的配置有错误：{problem}',
    fix: '改正该行指出的字段，然后重启 kubelet。',
    ...shared,
  },
  'kubelet-config-missing': {
    _summary: '没有配置文件的 kubelet',
    found: '{node} 上的 kubelet 没有配置：{file} 不存在。该节点从未加入集群，或被重置过。',
    fix: '让节点加入集群，或恢复该文件。',
    ...shared,
  },
  'kubelet-crash-loop': {
    _summary: '每次启动都退出的 kubelet',
    found: '{node} 上的 kubelet 每次启动都会退出（{state}）。',
    ...shared,
  },
  'kubelet-credentials-broken': {
    _summary: 'kubeconfig 或 CA 文件缺失或损坏的 kubelet',
    found: '{node} 上的 kubelet 无法读取其凭据：{problem}',
    fix: '恢复该行指出的文件，或让节点重新加入。空文件说明磁盘曾经写满。',
    ...shared,
  },
  'kubelet-inotify-exhausted': {
    _summary: 'inotify 监视数已用尽的节点',
    found: '{node} 上的 kubelet 无法监视文件：内核的 inotify 限额已用尽。磁盘并未写满。',
    fix: '调高 fs.inotify.max_user_instances 和 fs.inotify.max_user_watches，立即生效并写入 /etc/sysctl.d。',
    ...shared,
  },
  'kubelet-kernel-flag-wrong': {
    _summary: 'kubelet 不接受的内核参数（protectKernelDefaults）',
    found: '{node} 上的内核参数 {flag} 是 {have}。kubelet 要求 {want}，因此拒绝启动。',
    fix: '立即设置它并写入 /etc/sysctl.d，使其在下次启动后仍然有效。',
    ...shared,
  },
  'kubelet-node-ip-missing': {
    _summary: '设置了没有任何接口持有的地址的 kubelet',
    found: '{node} 上的 kubelet 设置的地址是 {ip}，而该节点没有这个地址。',
    fix: '改正 --node-ip，或恢复原来持有该地址的接口。',
    ...shared,
  },
  'kubelet-oom-killed': {
    _summary: '因内存不足被杀死的 kubelet',
    found: '内核杀死了 {node} 上的 kubelet：该节点内存已耗尽。',
    fix: '找出占用内存的进程并加以限制，同时为系统预留内存（systemReserved）。',
    ...shared,
  },
  'kubelet-port-in-use': {
    _summary: '占用了 kubelet 端口的其他进程',
    found: '{node} 上的 kubelet 无法监听 {address}：该端口被其他进程占用。',
    fix: '找出占用端口的进程（常见的是另一个 kubelet，如 k3s、microk8s）并停止它。',
    ...shared,
  },
  'kubelet-removed-flag': {
    _summary: '带有当前版本已不支持的参数启动的 kubelet',
    found: '{node} 上的 kubelet 启动时带有 {flag}，其版本不认识这个参数。',
    fix: '从设置它的文件中去掉该参数，然后重新加载 systemd 并重启 kubelet。',
    ...shared,
  },
  'kubelet-swap-needs-cgroup-v2': {
    _summary: '在 cgroup v1 主机上设置为 LimitedSwap 的 kubelet',
    found: '{node} 上的 kubelet 设置为 LimitedSwap，这需要 cgroup v2。而主机使用 cgroup v1。',
    fix: '把 kubelet 配置中的 memorySwap.swapBehavior 设为 NoSwap，或以 cgroup v2 启动主机。',
    ...shared,
  },
  'kubelet-swap-on': {
    _summary: '交换分区已启用，因此 kubelet 拒绝启动',
    found: '{node} 启用了交换分区（{devices}），kubelet 在有交换分区时拒绝启动。',
    'no-device': '{node} 上的 kubelet 因交换分区已启用而拒绝启动。',
    fits: '{node} 启用了交换分区（{devices}），且 kubelet 无法保持运行。除非另有设置，kubelet 在有交换分区时拒绝启动。',
    ...shared,
    swaps: '{node} 的 /proc/swaps 列出 {devices}；{size} KiB 中已用 {used} KiB。',
    ...swapSources,
    off: '立即关闭交换分区。systemd 会在几秒内重新启动 kubelet，节点会自行变为 Ready。',
    tight: '先腾出内存：交换分区已用 {used} KiB，而空闲内存只有 {available} KiB。此时关闭交换分区会导致进程被杀死。',
    flag: '--fail-swap-on=false 可以让 kubelet 启动并保留交换分区。这会改变该节点的内存管理方式：是一项决定，而不是修复。',
    'fstab-again': '再次修改 /etc/fstab：这里启用交换分区的并不是它。',
  },
  'container-runtime-down': {
    _summary: '容器运行时没有运行的节点',
    found: '{node} 上的容器运行时（{runtime}）没有运行，因此 kubelet 无法工作。',
    'no-answer': '{node} 上的 kubelet 得不到容器运行时（{runtime}）的应答。',
    'wrong-socket': '{node} 上的 kubelet 得不到容器运行时的应答，尽管 {runtime} 在运行：可能设置了错误的套接字。',
    ...shared,
    runtime: '{node} 上的 systemd 显示 {runtime}：{state}。',
    condition: '节点自己的说明：{message}',
    start:
      '先查明它为何停止（它的日志、磁盘是否写满），再启动它。启动 containerd 不影响正在运行的容器；未启用 live-restore 的 docker 则会影响。',
    socket: '比较 kubelet 设置的套接字与容器运行时监听的套接字。',
  },
  'kubelet-start-limit-hit': {
    _summary: 'systemd 已放弃启动的 kubelet',
    found: '{node} 上的 systemd 已放弃 kubelet：它在短时间内失败次数过多，不会再被启动。',
    ...shared,
    reset: '先修复最初使它失败的原因，再重置计数并启动它。',
  },
  'kubelet-stopped': {
    _summary: '被停止的 kubelet',
    found: '{node} 上的 kubelet 已停止。它没有出错：是有人停止了它，或没有谁启动它。',
    disabled: '{node} 上的 kubelet 已停止并被禁用：开机时也不会启动。',
    masked: '{node} 上的 kubelet 已被屏蔽（mask）：systemd 拒绝启动它。',
    ...shared,
    start: '若不是有意停止的，请启动 kubelet。',
    enable: '若不是有意禁用的，请启用并启动 kubelet。',
    unmask: '若不是有意屏蔽的，请解除屏蔽，启用并启动 kubelet。',
  },
  'swap-returns-at-boot': {
    _summary: '现在已关闭、下次启动时又会启用的交换分区',
    found:
      '{node} 的交换分区现在是关闭的，但下次启动会再次启用它（{sources}）。届时 kubelet 会拒绝启动，除非已设置为接受交换分区。',
    swaps: '{node} 的 /proc/swaps 为空。',
    ...swapSources,
  },
};
