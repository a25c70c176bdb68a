using System.Globalization;
using Pagewise.Abi;
using Pagewise.Kernel;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Cgroups;
using Pagewise.Kernel.Oom;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Kernel.Tasks;

namespace Pagewise.Procfs.Oom;

/// <summary>
/// What a modelled kernel prints (printk): the OOM killer's reports, line by line as the release writes them
/// (dump_header, show_mem, dump_tasks, __oom_kill_process), with time stamps as dmesg shows them.
/// </summary>
/// <param name="machine">The machine that prints.</param>
/// <remarks>Left out: the call trace and the registers below "CPU:", for the model has neither; unreclaimable slab info.</remarks>
public sealed class KernelLog(Machine machine) : IOomSink
{
    /// <summary>Lines that are kept: as CONFIG_LOG_BUF_SHIFT bounds a real log, the oldest go first.</summary>
    public const int MostLines = 1 << 16;

    private static readonly KernelVersion ShowsRssByKind = new(6, 8);
    private static readonly KernelVersion ShowsUid = new(6, 12);

    private readonly Queue<string> _lines = [];

    /// <summary>What a cgroup at its limit has to say of itself (mem_cgroup_print_oom_meminfo); null: no cgroup ever is.</summary>
    public Func<int, IEnumerable<string>>? MemcgLines { get; set; }

    /// <summary>The path of a cgroup and of the cgroup of a task, for "oom-kill:"; null: all are in the root.</summary>
    public Func<int, string>? MemcgPath { get; set; }

    /// <summary>The path of a task's cgroup; null: all are in the root.</summary>
    public Func<int, string>? TaskMemcgPath { get; set; }

    /// <summary>The lines with their time stamps, oldest first.</summary>
    public IEnumerable<string> Lines => _lines;

    /// <summary>The log as dmesg prints it.</summary>
    public override string ToString() => string.Concat(_lines.Select(line => line + "\n"));

    /// <inheritdoc/>
    public void Dumped(OomDump dump)
    {
        ArgumentNullException.ThrowIfNull(dump);
        Print(new OomInvocation(CommOf(dump.Invoker), (uint)dump.Gfp, GfpNames.Format(dump.Gfp), null, dump.Order, dump.Invoker == 0 ? 0 : AdjOf(dump.Invoker)).ToString());
        if (dump.Invoker != 0)
        {
            ref TaskStruct invoker = ref machine.Tasks.Tasks[dump.Invoker];
            string uid = machine.Spec.Kernel >= ShowsUid ? string.Create(CultureInfo.InvariantCulture, $"UID: {invoker.Uid} ") : "";
            Print($"CPU: {machine.Scheduler.CpuOf(dump.Invoker)} {uid}PID: {invoker.Pid} Comm: {CommOf(dump.Invoker)} Not tainted {machine.Spec.Kernel}.0 #1");
        }

        Print("Hardware name: Pagewise");
        if (dump.Memcg != 0)
        {
            foreach (string line in MemcgLines?.Invoke(dump.Memcg) ?? [])
                Print(line);
        }
        else
        {
            foreach (string line in ShowMem.Lines(machine, dump.NodeMask != 0 ? dump.NodeMask : MemsOf(dump.Invoker)))
                Print(line);
        }

        if (machine.OomKiller.Settings.DumpsTasks)
            PrintTasks(dump.Tasks);
        if (dump.Victim == 0)
            return;
        string nodes = dump.NodeMask == 0 ? "(null)" : NodeList.Text(dump.NodeMask);
        string constraint = dump.Constraint switch
        {
            OomConstraint.None => "CONSTRAINT_NONE",
            OomConstraint.Cpuset => "CONSTRAINT_CPUSET",
            OomConstraint.MemoryPolicy => "CONSTRAINT_MEMORY_POLICY",
            _ => "CONSTRAINT_MEMCG",
        };
        ref TaskStruct victim = ref machine.Tasks.Tasks[dump.Victim];
        Print(new OomDecision(
            constraint, nodes, CpusetOf(dump.Invoker), NodeList.Text(MemsOf(dump.Invoker) & machine.Scheduler.NodesWithMemory), dump.Memcg == 0 ? null : MemcgPath?.Invoke(dump.Memcg) ?? "/",
            TaskMemcgPath?.Invoke(dump.Victim) ?? "/", CommOf(dump.Victim), victim.Pid, victim.Uid).ToString());
    }

    /// <inheritdoc/>
    public void Killed(int task, string reason)
    {
        ref TaskStruct victim = ref machine.Tasks.Tasks[task];
        ref MmStruct mm = ref machine.AddressSpaces.Mms[victim.Mm];
        Print(new OomKill(
            reason, victim.Pid, CommOf(task), (long)mm.TotalVm << 2, mm.Rss.AnonPages << 2, mm.Rss.FilePages << 2, mm.Rss.ShmemPages << 2, victim.Uid,
            (long)mm.PgtablesBytes >> 10, AdjOf(task)).ToString());
    }

    /// <inheritdoc/>
    public void KillsGroup(string path) => Print($"Tasks in {path} are going to be killed due to memory.oom.group set");

    /// <inheritdoc/>
    public void Reaped(int task)
    {
        ref TaskStruct victim = ref machine.Tasks.Tasks[task];
        ref MmStruct mm = ref machine.AddressSpaces.Mms[victim.Mm];
        Print($"oom_reaper: reaped process {victim.Pid} ({CommOf(task)}), now anon-rss:{mm.Rss.AnonPages << 2}kB, file-rss:{mm.Rss.FilePages << 2}kB, shmem-rss:{mm.Rss.ShmemPages << 2}kB");
    }

    /// <inheritdoc/>
    public void Panicked(string message)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (message.StartsWith("System is deadlocked", StringComparison.Ordinal))
            Print("Out of memory and no killable processes...");
        Print($"Kernel panic - not syncing: {message}");
    }

    private void PrintTasks(IReadOnlyList<int> tasks)
    {
        OomTableFormat table = machine.Spec.Kernel >= ShowsRssByKind ? OomTableFormat.RssByKind : OomTableFormat.PageTableBytes;
        Print("Tasks state (memory values in pages):");
        Print(table.Heading());
        foreach (int task in tasks)
        {
            ref TaskStruct row = ref machine.Tasks.Tasks[task];
            ref MmStruct mm = ref machine.AddressSpaces.Mms[row.Mm];
            Print(table.Row(new OomTask(
                row.Pid, row.Uid, row.Tgid, (long)mm.TotalVm, mm.Rss.Total, mm.Rss.AnonPages, mm.Rss.FilePages, mm.Rss.ShmemPages, [(long)mm.PgtablesBytes],
                mm.Rss.SwapEntries, AdjOf(task), CommOf(task))));
        }
    }

    private ulong MemsOf(int task) => machine.Memcgs.EffectiveMems(MemcgOf(task));

    /// <summary>The name of a task's cpuset, without the path before it (cpuset_print_current_mems_allowed).</summary>
    private string CpusetOf(int task)
    {
        int cpuset = machine.Memcgs.CpusetOf(MemcgOf(task));
        return cpuset == MemCgroups.Root ? "/" : machine.Memcgs.NameOf(cpuset);
    }

    private int MemcgOf(int task) => task == 0 ? MemCgroups.Root : machine.Tasks.Tasks[task].Memcg;

    private int AdjOf(int task) => machine.Tasks.Tasks[machine.Tasks.Tasks[task].GroupLeader].OomScoreAdj;

    private string CommOf(int task) => task == 0 ? "swapper/0" : machine.Tasks.CommOf(task);

    private void Print(FormattableString message) => Print(message.ToString(CultureInfo.InvariantCulture));

    private void Print(string message)
    {
        if (_lines.Count == MostLines)
            _lines.Dequeue();
        _lines.Enqueue(string.Create(CultureInfo.InvariantCulture, $"[{machine.NowNs / 1e9,12:F6}] {message}"));
    }
}
