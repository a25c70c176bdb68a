namespace Pagewise.Kernel.Oom;

/// <summary>The sysctls of the OOM killer (Documentation/admin-guide/sysctl/vm.rst).</summary>
public sealed record OomSettings
{
    /// <summary>vm.panic_on_oom: 0 kills, 1 panics when the whole machine is short, 2 panics whatever is short.</summary>
    public int PanicOnOom { get; init; }

    /// <summary>vm.oom_kill_allocating_task: the task that asks dies, whoever holds the most.</summary>
    public bool KillsAllocatingTask { get; init; }

    /// <summary>vm.oom_dump_tasks: reports have the task table.</summary>
    public bool DumpsTasks { get; init; } = true;

    /// <summary>The settings after a sysctl was written; null when there is no such sysctl or it does not take the value.</summary>
    /// <param name="name">As sysctl(8) names it.</param>
    /// <param name="value">What is written.</param>
    public OomSettings? With(string name, long value) => name switch
    {
        "vm.panic_on_oom" when value is >= 0 and <= 2 => this with { PanicOnOom = (int)value },
        "vm.oom_kill_allocating_task" => this with { KillsAllocatingTask = value != 0 },
        "vm.oom_dump_tasks" => this with { DumpsTasks = value != 0 },
        _ => null,
    };
}
