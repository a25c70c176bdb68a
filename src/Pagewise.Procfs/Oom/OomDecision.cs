using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Pagewise.Procfs.Oom;

/// <summary>The line "oom-kill:constraint=…" (dump_oom_victim, mm/oom_kill.c; since Linux 5.0): the choice in short.</summary>
/// <param name="Constraint">CONSTRAINT_NONE, _CPUSET, _MEMORY_POLICY or _MEMCG.</param>
/// <param name="NodeMask">The nodes that were short, such as "(null)".</param>
/// <param name="Cpuset">The allocating task's cpuset.</param>
/// <param name="MemsAllowed">The nodes it may use.</param>
/// <param name="OomMemcg">The cgroup that was at its limit; null when the machine was (global_oom).</param>
/// <param name="TaskMemcg">The victim's cgroup.</param>
/// <param name="Task">The victim's name.</param>
/// <param name="Pid">The victim.</param>
/// <param name="Uid">The victim's user.</param>
public sealed record OomDecision(
    string Constraint, string NodeMask, string Cpuset, string MemsAllowed, string? OomMemcg, string TaskMemcg, string Task, int Pid, long Uid)
{
    private const string Start = "oom-kill:constraint=";

    /// <summary>Reads the line.</summary>
    public static bool TryParse(string message, [NotNullWhen(true)] out OomDecision? decision)
    {
        decision = null;
        if (!message.StartsWith(Start, StringComparison.Ordinal))
            return false;
        // The names of the cgroup and the task may hold anything: the fields are found from both ends.
        int uid = message.LastIndexOf(",uid=", StringComparison.Ordinal);
        int pid = uid < 0 ? -1 : message.LastIndexOf(",pid=", uid, StringComparison.Ordinal);
        int task = pid < 0 ? -1 : message.LastIndexOf(",task=", pid, StringComparison.Ordinal);
        int taskMemcg = task < 0 ? -1 : message.LastIndexOf(",task_memcg=", task, StringComparison.Ordinal);
        int node = message.IndexOf(",nodemask=", StringComparison.Ordinal);
        int cpuset = node < 0 ? -1 : message.IndexOf(",cpuset=", node, StringComparison.Ordinal);
        int mems = cpuset < 0 ? -1 : message.IndexOf(",mems_allowed=", cpuset, StringComparison.Ordinal);
        int memcg = mems < 0 ? -1 : message.IndexOf(",oom_memcg=", mems, StringComparison.Ordinal);
        int global = mems < 0 ? -1 : message.IndexOf(",global_oom,", mems, StringComparison.Ordinal);
        int memsEnd = memcg >= 0 ? memcg : global >= 0 ? global : taskMemcg;
        if (mems < 0 || taskMemcg < mems || memsEnd < mems + 14 || (memcg >= 0 && taskMemcg < memcg + 11)
            || !int.TryParse(message.AsSpan(pid + 5, uid - pid - 5), NumberStyles.None, CultureInfo.InvariantCulture, out int victim)
            || !long.TryParse(message.AsSpan(uid + 5), NumberStyles.None, CultureInfo.InvariantCulture, out long user))
            return false;
        decision = new OomDecision(
            message[Start.Length..node], message[(node + 10)..cpuset], message[(cpuset + 8)..mems], message[(mems + 14)..memsEnd],
            memcg < 0 ? null : message[(memcg + 11)..taskMemcg], message[(taskMemcg + 12)..task], message[(task + 6)..pid], victim, user);
        return true;
    }

    /// <summary>The line.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Start}{Constraint},nodemask={NodeMask},cpuset={Cpuset},mems_allowed={MemsAllowed},");
        text.Append(OomMemcg is null ? "global_oom" : $"oom_memcg={OomMemcg}");
        text.Append(CultureInfo.InvariantCulture, $",task_memcg={TaskMemcg},task={Task},pid={Pid},uid={Uid}");
        return text.ToString();
    }
}
