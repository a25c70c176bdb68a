namespace Pagewise.Workloads;

/// <summary>What a function in an ltrace log means for the heap.</summary>
/// <param name="Function">The call of the malloc family that it is, or makes.</param>
/// <param name="Form">How its arguments are those of <paramref name="Function"/>.</param>
internal readonly record struct LtraceFunction(HeapFunction Function, LtraceForm Form)
{
    private static readonly NameTable<LtraceFunction> Functions = new(
    [
        ("malloc", new(HeapFunction.Malloc, LtraceForm.One)), ("calloc", new(HeapFunction.Calloc, LtraceForm.Two)),
        ("realloc", new(HeapFunction.Realloc, LtraceForm.Two)), ("free", new(HeapFunction.Free, LtraceForm.One)),
        ("cfree", new(HeapFunction.Free, LtraceForm.One)), ("memalign", new(HeapFunction.Memalign, LtraceForm.Two)),
        ("aligned_alloc", new(HeapFunction.AlignedAlloc, LtraceForm.Two)),
        ("posix_memalign", new(HeapFunction.PosixMemalign, LtraceForm.PosixMemalign)),
        ("valloc", new(HeapFunction.Valloc, LtraceForm.One)), ("pvalloc", new(HeapFunction.Pvalloc, LtraceForm.One)),
        ("malloc_trim", new(HeapFunction.MallocTrim, LtraceForm.One)), ("mallopt", new(HeapFunction.Mallopt, LtraceForm.Two)),
        ("malloc_usable_size", new(HeapFunction.MallocUsableSize, LtraceForm.One)),
        ("reallocarray", new(HeapFunction.Realloc, LtraceForm.Reallocarray)),
        ("strdup", new(HeapFunction.Malloc, LtraceForm.Strdup)), ("__strdup", new(HeapFunction.Malloc, LtraceForm.Strdup)),
        ("fork", new(HeapFunction.None, LtraceForm.Fork)), ("vfork", new(HeapFunction.None, LtraceForm.Fork)),
        ("_Znwm", New), ("_Znam", New), ("_Znwj", New), ("_Znaj", New),
        ("_ZnwmRKSt9nothrow_t", New), ("_ZnamRKSt9nothrow_t", New),
        ("_ZnwmSt11align_val_t", AlignedNew), ("_ZnamSt11align_val_t", AlignedNew),
        ("operator new(unsigned long)", New), ("operator new[](unsigned long)", New),
        ("_ZdlPv", Delete), ("_ZdaPv", Delete), ("_ZdlPvm", Delete), ("_ZdaPvm", Delete), ("_ZdlPvj", Delete), ("_ZdaPvj", Delete),
        ("_ZdlPvRKSt9nothrow_t", Delete), ("_ZdaPvRKSt9nothrow_t", Delete),
        ("_ZdlPvSt11align_val_t", Delete), ("_ZdaPvSt11align_val_t", Delete),
        ("_ZdlPvmSt11align_val_t", Delete), ("_ZdaPvmSt11align_val_t", Delete),
        ("operator delete(void*)", Delete), ("operator delete[](void*)", Delete),
        ("operator delete(void*, unsigned long)", Delete), ("operator delete[](void*, unsigned long)", Delete),
    ]);

    private static LtraceFunction New => new(HeapFunction.Malloc, LtraceForm.One);

    private static LtraceFunction AlignedNew => new(HeapFunction.AlignedAlloc, LtraceForm.AlignedNew);

    private static LtraceFunction Delete => new(HeapFunction.Free, LtraceForm.One);

    /// <summary>The meaning of a name without its library; false when it has none.</summary>
    public static bool TryGet(ReadOnlySpan<byte> name, out LtraceFunction function) => Functions.TryGet(name, out function);
}
