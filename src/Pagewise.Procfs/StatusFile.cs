using System.Globalization;
using System.Text;
using Pagewise.Abi;
using Pagewise.Kernel;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Tasks;

namespace Pagewise.Procfs;

/// <summary>/proc/PID/status (proc_pid_status, fs/proc/array.c); reading and writing give the same bytes.</summary>
/// <param name="Fields">The fields in the file's order, with the text behind the tab.</param>
public sealed record StatusFile(IReadOnlyList<KeyValuePair<string, string>> Fields)
{
    /// <summary>The file's name under /proc/PID.</summary>
    public const string FileName = "status";

    /// <summary>6.4: the mask of address bits that user space may use for tags.</summary>
    private static readonly KernelVersion ShowsUntagMask = new(6, 4);

    private static readonly KernelVersion ShowsKthread = new(6, 10);

    /// <summary>The Vm lines; those that are missing are 0.</summary>
    public StatusVm Vm => StatusVm.From(Fields);

    /// <summary>A field's text; null when there is none of that name.</summary>
    public string? this[string name]
    {
        get
        {
            foreach (KeyValuePair<string, string> field in Fields)
            {
                if (field.Key == name)
                    return field.Value;
            }

            return null;
        }
    }

    /// <summary>Reads the file's text.</summary>
    /// <exception cref="ProcfsException">The text is not a status file, or a Vm line has no number of kB.</exception>
    public static StatusFile Parse(string text)
    {
        var scanner = new ProcfsScanner(FileName, text);
        var fields = new List<KeyValuePair<string, string>>();
        do
        {
            string name = scanner.Until(':', "a field's name");
            scanner.Expect("\t");
            ProcfsScanner value = scanner;
            fields.Add(KeyValuePair.Create(name, scanner.RestOfLine()));
            if (!StatusVm.IsField(name))
                continue;
            value.Unsigned();
            value.Expect(" kB");
            value.EndOfLine();
        }
        while (!scanner.AtEnd);
        return new StatusFile(fields);
    }

    /// <summary>
    /// What a modelled process shows: the fields that it has, in the release's order. Signals, capabilities, seccomp and
    /// what else is not modelled is left out; users and groups but the user id are root's.
    /// </summary>
    /// <param name="machine">The machine.</param>
    /// <param name="task">The thread-group leader, by index.</param>
    public static StatusFile Of(Machine machine, int task)
    {
        TaskStruct leader = machine.Tasks.Tasks[task];
        var fields = new List<KeyValuePair<string, string>>();
        Add("Name", $"{Escape(machine.Tasks.CommOf(task))}");
        Add("Umask", $"0022");
        Add("State", $"{(leader.HasExited ? "Z (zombie)" : "R (running)")}");
        Add("Tgid", $"{leader.Tgid}");
        Add("Ngid", $"0");
        Add("Pid", $"{leader.Pid}");
        Add("PPid", $"{(leader.Parent == 0 ? 0 : machine.Tasks.Tasks[leader.Parent].Tgid)}");
        Add("TracerPid", $"0");
        Add("Uid", $"{leader.Uid}\t{leader.Uid}\t{leader.Uid}\t{leader.Uid}");
        Add("Gid", $"0\t0\t0\t0");
        Add("FDSize", $"64");
        Add("Groups", $" ");
        Add("NStgid", $"{leader.Tgid}");
        Add("NSpid", $"{leader.Pid}");
        if (machine.Spec.Kernel >= ShowsKthread)
            Add("Kthread", $"0");
        if (leader.Mm != 0)
        {
            ref MmStruct mm = ref machine.AddressSpaces.Mms[leader.Mm];
            foreach (KeyValuePair<string, ulong> field in StatusVm.Of(in mm).Fields())
            {
                if (field.Key == "VmData")
                {
                    Add("RssAnon", $"{mm.Rss.AnonPages << 2,8} kB");
                    Add("RssFile", $"{mm.Rss.FilePages << 2,8} kB");
                    Add("RssShmem", $"{mm.Rss.ShmemPages << 2,8} kB");
                }

                Add(field.Key, $"{field.Value,8} kB");
            }

            Add("HugetlbPages", $"{0,8} kB");
            Add("CoreDumping", $"0");
            Add("THP_enabled", $"1");
            if (machine.Spec.Kernel >= ShowsUntagMask)
                Add("untag_mask", $"0xffffffffffffffff");
        }

        Add("Threads", $"{leader.Threads}");
        Add("Cpus_allowed", $"{CpuMask(machine.Spec.Cpus)}");
        Add("Cpus_allowed_list", $"{(machine.Spec.Cpus == 1 ? "0" : $"0-{machine.Spec.Cpus - 1}")}");
        Add("voluntary_ctxt_switches", $"0");
        Add("nonvoluntary_ctxt_switches", $"0");
        return new StatusFile(fields);

        void Add(string name, FormattableString value) => fields.Add(KeyValuePair.Create(name, value.ToString(CultureInfo.InvariantCulture)));
    }

    /// <summary>The file's text.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (KeyValuePair<string, string> field in Fields)
            text.Append(field.Key).Append(":\t").Append(field.Value).Append('\n');
        return text.ToString();
    }

    /// <summary>A name as proc_task_name writes it: on one line.</summary>
    private static string Escape(string comm) => comm.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    /// <summary>A mask of CPUs as %*pb prints it: groups of 32 in hexadecimal, the highest first and without leading zeros.</summary>
    private static string CpuMask(int cpus)
    {
        var groups = new List<string>();
        for (int low = 0; low < cpus; low += 32)
        {
            int count = Math.Min(32, cpus - low);
            string group = ((1UL << count) - 1).ToString("x", CultureInfo.InvariantCulture);
            groups.Insert(0, group);
        }

        return string.Join(',', groups);
    }
}
