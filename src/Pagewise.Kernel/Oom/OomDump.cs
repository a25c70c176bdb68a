using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Oom;

/// <summary>
/// What the OOM killer reports before it acts (dump_header and dump_oom_victim, mm/oom_kill.c). Who is told of it sees the
/// machine as it stands at that moment; tasks are indices into its task table.
/// </summary>
/// <param name="Invoker">The task whose allocation found nothing; 0: none has run yet.</param>
/// <param name="Gfp">The allocation's flags.</param>
/// <param name="Order">The block wanted.</param>
/// <param name="Constraint">What was short.</param>
/// <param name="NodeMask">The nodes that were short, a bit each, with <see cref="OomConstraint.MemoryPolicy"/>; else 0.</param>
/// <param name="Memcg">The cgroup at its limit, as the cgroups number it; 0: none.</param>
/// <param name="TotalPages">What could be had: memory and swap of what was short.</param>
/// <param name="Tasks">The eligible processes in the kernel's order, each a task that still has memory (dump_tasks).</param>
/// <param name="Victim">Who was chosen; 0: nobody, and a panic follows.</param>
public sealed record OomDump(
    int Invoker, Gfp Gfp, int Order, OomConstraint Constraint, ulong NodeMask, int Memcg, long TotalPages, IReadOnlyList<int> Tasks, int Victim);
