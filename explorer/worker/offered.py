"""What each module shows to typed code: an allow list, written out, so that a name new in torch stays hidden until someone looks at it.

Left out on purpose: what touches files, processes, threads, addresses of memory or compilers; kernels of one backend
(``cudnn_*``, ``fbgemm_*``); quantisation. A name that this torch does not have is skipped.
"""

OFFERED: dict[str, str] = {
    "torch": """
        BFloat16Tensor BoolTensor ByteTensor CharTensor DoubleTensor FloatTensor Generator HalfTensor IntTensor
        LongTensor OutOfMemoryError ShortTensor Size Tensor abs abs_ absolute acos acos_ acosh acosh_
        adaptive_avg_pool1d adaptive_max_pool1d add addbmm addcdiv addcmul addmm addmv addmv_ addr adjoint all
        allclose alpha_dropout alpha_dropout_ amax amin aminmax angle any arange arccos arccos_ arccosh arccosh_
        arcsin arcsin_ arcsinh arcsinh_ arctan arctan2 arctan_ arctanh arctanh_
        are_deterministic_algorithms_enabled argmax argmin argsort argwhere as_strided as_strided_
        as_strided_scatter as_tensor asarray asin asin_ asinh asinh_ atan atan2 atan_ atanh atanh_ atleast_1d
        atleast_2d atleast_3d autocast avg_pool1d baddbmm bartlett_window batch_norm bernoulli bfloat16 bilinear
        binary_cross_entropy_with_logits bincount binomial bitwise_and bitwise_left_shift bitwise_not bitwise_or
        bitwise_right_shift bitwise_xor blackman_window block_diag bmm bool broadcast_shapes broadcast_tensors
        broadcast_to bucketize can_cast cartesian_prod cat cdist cdouble ceil ceil_ celu celu_ cfloat
        chain_matmul chalf channel_shuffle channels_last channels_last_3d cholesky cholesky_inverse
        cholesky_solve chunk clamp clamp_ clamp_max clamp_max_ clamp_min clamp_min_ clip clip_ clone
        column_stack combinations complex complex128 complex32 complex64 concat concatenate conj conj_physical
        conj_physical_ constant_pad_nd contiguous_format conv1d conv2d conv3d conv_tbc conv_transpose1d
        conv_transpose2d conv_transpose3d convolution copysign corrcoef cos cos_ cosh cosh_
        cosine_embedding_loss cosine_similarity count_nonzero cov cross ctc_loss cummax cummin cumprod cumsum
        cumulative_trapezoid deg2rad deg2rad_ det detach detach_ device diag diag_embed diagflat diagonal
        diagonal_scatter diff digamma dist div divide dot double dropout dropout_ dsplit dstack dtype e einsum
        embedding embedding_bag embedding_renorm_ empty empty_like empty_strided enable_grad eq equal erf erf_
        erfc erfc_ erfinv exp exp2 exp2_ exp_ expm1 expm1_ eye feature_alpha_dropout feature_alpha_dropout_ fill
        fill_ finfo fix fix_ flatten flip fliplr flipud float float16 float32 float64 float_power floor floor_
        floor_divide fmax fmin fmod frac frac_ frexp from_numpy full full_like gather gcd gcd_ ge geqrf ger
        get_default_device get_default_dtype get_device get_float32_matmul_precision get_num_threads
        get_rng_state gradient greater greater_equal group_norm gru gru_cell gt half hamming_window hann_window
        hardshrink heaviside hinge_embedding_loss histc histogram histogramdd hsplit hstack hypot i0 i0_ igamma
        igammac iinfo imag index_add index_fill index_put index_put_ index_reduce index_select inf
        inference_mode initial_seed inner instance_norm int int16 int32 int64 int8 inverse is_complex is_conj
        is_deterministic_algorithms_warn_only_enabled is_floating_point is_grad_enabled is_inference
        is_inference_mode_enabled is_neg is_nonzero is_same_size is_signed is_storage is_tensor isclose isfinite
        isin isinf isnan isneginf isposinf isreal istft kaiser_window kl_div kron kthvalue layer_norm layout lcm
        lcm_ ldexp ldexp_ le lerp less less_equal lgamma linspace lobpcg log log10 log10_ log1p log1p_ log2
        log2_ log_ log_softmax logaddexp logaddexp2 logcumsumexp logdet logical_and logical_not logical_or
        logical_xor logit logit_ logspace logsumexp long lstm lstm_cell lt lu lu_solve manual_seed
        margin_ranking_loss masked_fill masked_scatter masked_select matmul matrix_exp matrix_power max
        max_pool1d max_pool1d_with_indices max_pool2d max_pool3d maximum mean median memory_format meshgrid min
        minimum mm mode moveaxis movedim msort mul multinomial multiply mv mvlgamma nan nan_to_num nan_to_num_
        nanmean nanmedian nanquantile nansum narrow ne neg neg_ negative negative_ newaxis nextafter no_grad
        nonzero norm normal not_equal numel ones ones_like orgqr ormqr outer pairwise_distance pca_lowrank pdist
        permute pi pinverse pixel_shuffle pixel_unshuffle poisson poisson_nll_loss polar polygamma positive pow
        prelu preserve_format prod promote_types put qr qscheme quantile rad2deg rad2deg_ rand rand_like randint
        randint_like randn randn_like randperm range ravel real reciprocal reciprocal_ relu relu_ remainder
        renorm repeat_interleave reshape resize_as_ resolve_conj resolve_neg result_type rms_norm rnn_relu
        rnn_relu_cell rnn_tanh rnn_tanh_cell roll rot90 round round_ row_stack rrelu rrelu_ rsqrt rsqrt_ rsub
        scalar_tensor scatter scatter_add scatter_reduce searchsorted seed segment_reduce select select_scatter
        selu selu_ set_default_device set_default_dtype set_default_tensor_type set_float32_matmul_precision
        set_flush_denormal set_grad_enabled set_printoptions set_rng_state sgn short sigmoid sigmoid_ sign
        signbit sin sin_ sinc sinc_ sinh sinh_ slice_scatter slogdet softmax sort sparse_bsc sparse_bsc_tensor
        sparse_bsr sparse_bsr_tensor sparse_compressed_tensor sparse_coo sparse_coo_tensor sparse_csc
        sparse_csc_tensor sparse_csr sparse_csr_tensor split split_with_sizes sqrt sqrt_ square square_ squeeze
        stack std std_mean stft strided sub subtract sum svd svd_lowrank swapaxes swapdims t take take_along_dim
        tan tan_ tanh tanh_ tensor tensor_split tensordot threshold threshold_ tile topk trace transpose
        trapezoid trapz triangular_solve tril tril_indices triplet_margin_loss triu triu_indices true_divide
        trunc trunc_ typename uint16 uint32 uint64 uint8 unbind unflatten unique unique_consecutive
        unravel_index unsqueeze use_deterministic_algorithms vander var var_mean vdot view_as_complex
        view_as_real vmap vsplit vstack where xlogy xlogy_ zero_ zeros zeros_like
    """,
    "torch.amp": "GradScaler autocast custom_bwd custom_fwd is_autocast_available",
    "torch.autograd": """
        Function Variable backward detect_anomaly enable_grad grad gradcheck gradgradcheck inference_mode
        no_grad set_detect_anomaly set_grad_enabled
    """,
    "torch.autograd.forward_ad": "dual_level enter_dual_level exit_dual_level make_dual unpack_dual",
    "torch.autograd.function": "Function FunctionCtx once_differentiable",
    "torch.autograd.functional": "hessian hvp jacobian jvp vhp vjp",
    "torch.autograd.grad_mode": "enable_grad inference_mode no_grad set_grad_enabled",
    "torch.autograd.graph": """
        GradientEdge Node allow_mutation_on_saved_tensors disable_saved_tensors_hooks get_gradient_edge
        increment_version register_multi_grad_hook save_on_cpu saved_tensors_hooks
    """,
    "torch.backends": "",
    "torch.backends.cpu": "get_cpu_capability",
    "torch.backends.cuda": "is_built",
    "torch.backends.cuda.matmul": "allow_tf32",
    "torch.backends.cudnn": "allow_tf32 benchmark deterministic enabled is_available version",
    "torch.backends.mkl": "is_available",
    "torch.backends.mkldnn": "enabled is_available",
    "torch.backends.mps": "is_available is_built",
    "torch.cuda": """
        current_device device device_count empty_cache get_device_capability get_device_name
        get_device_properties is_available is_bf16_supported is_initialized manual_seed manual_seed_all
        max_memory_allocated max_memory_reserved memory_allocated memory_reserved memory_summary
        reset_peak_memory_stats set_device synchronize Event
    """,
    "torch.cuda.amp": "GradScaler autocast custom_bwd custom_fwd",
    "torch.distributions": """
        AbsTransform AffineTransform Bernoulli Beta Binomial CatTransform Categorical Cauchy Chi2
        ComposeTransform ContinuousBernoulli CorrCholeskyTransform CumulativeDistributionTransform Dirichlet
        Distribution ExpTransform Exponential ExponentialFamily FisherSnedecor Gamma GeneralizedPareto Geometric
        Gumbel HalfCauchy HalfNormal Independent IndependentTransform InverseGamma Kumaraswamy LKJCholesky
        Laplace LogNormal LogisticNormal LowRankMultivariateNormal LowerCholeskyTransform MixtureSameFamily
        Multinomial MultivariateNormal NegativeBinomial Normal OneHotCategorical
        OneHotCategoricalStraightThrough Pareto Poisson PositiveDefiniteTransform PowerTransform
        RelaxedBernoulli RelaxedOneHotCategorical ReshapeTransform SigmoidTransform SoftmaxTransform
        SoftplusTransform StackTransform StickBreakingTransform StudentT TanhTransform Transform
        TransformedDistribution Uniform VonMises Weibull Wishart biject_to identity_transform kl_divergence
        transform_to
    """,
    "torch.fft": """
        fft fft2 fftfreq fftn fftshift hfft hfft2 hfftn ifft ifft2 ifftn ifftshift ihfft ihfft2 ihfftn irfft
        irfft2 irfftn rfft rfft2 rfftfreq rfftn
    """,
    "torch.func": """
        functional_call grad grad_and_value hessian jacfwd jacrev jvp linearize stack_module_state vjp vmap
    """,
    "torch.hub": "",
    "torch.linalg": """
        LinAlgError cholesky cholesky_ex cond cross det diagonal eig eigh eigvals eigvalsh householder_product
        inv inv_ex ldl_factor ldl_factor_ex ldl_solve lstsq lu lu_factor lu_factor_ex lu_solve matmul matrix_exp
        matrix_norm matrix_power matrix_rank multi_dot norm pinv qr slogdet solve solve_ex solve_triangular svd
        svdvals tensorinv tensorsolve vander vecdot vector_norm
    """,
    "torch.mps": "is_available",
    "torch.nn": """
        AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d AdaptiveLogSoftmaxWithLoss AdaptiveMaxPool1d
        AdaptiveMaxPool2d AdaptiveMaxPool3d AlphaDropout AvgPool1d AvgPool2d AvgPool3d BCELoss BCEWithLogitsLoss
        BatchNorm1d BatchNorm2d BatchNorm3d Bilinear Buffer CELU CTCLoss ChannelShuffle CircularPad1d
        CircularPad2d CircularPad3d ConstantPad1d ConstantPad2d ConstantPad3d Container Conv1d Conv2d Conv3d
        ConvTranspose1d ConvTranspose2d ConvTranspose3d CosineEmbeddingLoss CosineSimilarity CrossEntropyLoss
        CrossMapLRN2d Dropout Dropout1d Dropout2d Dropout3d ELU Embedding EmbeddingBag FeatureAlphaDropout
        Flatten Fold FractionalMaxPool2d FractionalMaxPool3d GELU GLU GRU GRUCell GaussianNLLLoss GroupNorm
        Hardshrink Hardsigmoid Hardswish Hardtanh HingeEmbeddingLoss HuberLoss Identity InstanceNorm1d
        InstanceNorm2d InstanceNorm3d KLDivLoss L1Loss LPPool1d LPPool2d LPPool3d LSTM LSTMCell LayerNorm
        LazyBatchNorm1d LazyBatchNorm2d LazyBatchNorm3d LazyConv1d LazyConv2d LazyConv3d LazyConvTranspose1d
        LazyConvTranspose2d LazyConvTranspose3d LazyInstanceNorm1d LazyInstanceNorm2d LazyInstanceNorm3d
        LazyLinear LeakyReLU Linear LinearCrossEntropyLoss LocalResponseNorm LogSigmoid LogSoftmax MSELoss
        MarginRankingLoss MaxPool1d MaxPool2d MaxPool3d MaxUnpool1d MaxUnpool2d MaxUnpool3d Mish Module
        ModuleDict ModuleList MultiLabelMarginLoss MultiLabelSoftMarginLoss MultiMarginLoss MultiheadAttention
        NLLLoss NLLLoss2d PReLU PairwiseDistance Parameter ParameterDict ParameterList PixelShuffle
        PixelUnshuffle PoissonNLLLoss RMSNorm RNN RNNBase RNNCell RNNCellBase RReLU ReLU ReLU6 ReflectionPad1d
        ReflectionPad2d ReflectionPad3d ReplicationPad1d ReplicationPad2d ReplicationPad3d SELU Sequential SiLU
        Sigmoid SmoothL1Loss SoftMarginLoss Softmax Softmax2d Softmin Softplus Softshrink Softsign SyncBatchNorm
        Tanh Tanhshrink Threshold Transformer TransformerDecoder TransformerDecoderLayer TransformerEncoder
        TransformerEncoderLayer TripletMarginLoss TripletMarginWithDistanceLoss Unflatten Unfold
        UninitializedBuffer UninitializedParameter Upsample UpsamplingBilinear2d UpsamplingNearest2d ZeroPad1d
        ZeroPad2d ZeroPad3d
    """,
    "torch.nn.attention": "SDPBackend sdpa_kernel",
    "torch.nn.functional": """
        adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d
        adaptive_max_pool1d_with_indices adaptive_max_pool2d adaptive_max_pool2d_with_indices
        adaptive_max_pool3d adaptive_max_pool3d_with_indices affine_grid alpha_dropout avg_pool1d avg_pool2d
        avg_pool3d batch_norm bilinear binary_cross_entropy binary_cross_entropy_with_logits celu celu_
        channel_shuffle conv1d conv2d conv3d conv_tbc conv_transpose1d conv_transpose2d conv_transpose3d
        cosine_embedding_loss cosine_similarity cross_entropy ctc_loss dropout dropout1d dropout2d dropout3d elu
        elu_ embedding embedding_bag feature_alpha_dropout fold fractional_max_pool2d
        fractional_max_pool2d_with_indices fractional_max_pool3d fractional_max_pool3d_with_indices
        gaussian_nll_loss gelu glu grid_sample group_norm gumbel_softmax hardshrink hardsigmoid hardswish
        hardtanh hardtanh_ hinge_embedding_loss huber_loss instance_norm interpolate kl_div l1_loss layer_norm
        leaky_relu leaky_relu_ linear linear_cross_entropy local_response_norm log_softmax logsigmoid lp_pool1d
        lp_pool2d lp_pool3d margin_ranking_loss max_pool1d max_pool1d_with_indices max_pool2d
        max_pool2d_with_indices max_pool3d max_pool3d_with_indices max_unpool1d max_unpool2d max_unpool3d mish
        mse_loss multi_head_attention_forward multi_margin_loss multilabel_margin_loss
        multilabel_soft_margin_loss nll_loss normalize one_hot pad pairwise_distance pdist pixel_shuffle
        pixel_unshuffle poisson_nll_loss prelu relu relu6 relu_ rms_norm rrelu rrelu_
        scaled_dot_product_attention selu selu_ sigmoid silu smooth_l1_loss soft_margin_loss softmax softmin
        softplus softshrink softsign tanh tanhshrink threshold threshold_ triplet_margin_loss
        triplet_margin_with_distance_loss unfold upsample upsample_bilinear upsample_nearest
    """,
    "torch.nn.init": """
        calculate_gain constant_ dirac_ eye_ kaiming_normal_ kaiming_uniform_ normal_ ones_ orthogonal_ sparse_
        trunc_normal_ uniform_ xavier_normal_ xavier_uniform_ zeros_
    """,
    "torch.nn.parameter": "Buffer Parameter UninitializedBuffer UninitializedParameter",
    "torch.nn.utils": """
        clip_grad_norm clip_grad_norm_ clip_grad_value_ clip_grads_with_norm_ fuse_conv_bn_eval
        fuse_linear_bn_eval get_total_norm parameters_to_vector remove_spectral_norm remove_weight_norm
        skip_init spectral_norm vector_to_parameters weight_norm
    """,
    "torch.nn.utils.parametrizations": "orthogonal spectral_norm weight_norm",
    "torch.nn.utils.parametrize": "ParametrizationList is_parametrized register_parametrization remove_parametrizations",
    "torch.nn.utils.prune": """
        custom_from_mask global_unstructured identity is_pruned l1_unstructured ln_structured random_structured
        random_unstructured remove
    """,
    "torch.nn.utils.rnn": """
        PackedSequence pack_padded_sequence pack_sequence pad_packed_sequence pad_sequence unpack_sequence
        unpad_sequence
    """,
    "torch.nn.utils.stateless": "functional_call",
    "torch.optim": """
        ASGD Adadelta Adafactor Adagrad Adam AdamW Adamax LBFGS Muon NAdam Optimizer RAdam RMSprop Rprop SGD
        SparseAdam
    """,
    "torch.optim.lr_scheduler": """
        ChainedScheduler ConstantLR CosineAnnealingLR CosineAnnealingWarmRestarts CyclicLR ExponentialLR
        LRScheduler LambdaLR LinearLR MultiStepLR MultiplicativeLR OneCycleLR PolynomialLR ReduceLROnPlateau
        SequentialLR StepLR
    """,
    "torch.optim.swa_utils": """
        AveragedModel SWALR get_ema_avg_fn get_ema_multi_avg_fn get_swa_avg_fn get_swa_multi_avg_fn update_bn
    """,
    "torch.random": "Generator fork_rng get_rng_state initial_seed manual_seed seed set_rng_state",
    "torch.sparse": "addmm log_softmax mm sampled_addmm softmax spdiags sum",
    "torch.special": """
        airy_ai bessel_j0 bessel_j1 bessel_y0 bessel_y1 chebyshev_polynomial_t chebyshev_polynomial_u
        chebyshev_polynomial_v chebyshev_polynomial_w digamma entr erf erfc erfcx erfinv exp2 expit expm1
        gammainc gammaincc gammaln hermite_polynomial_h hermite_polynomial_he i0 i0e i1 i1e
        laguerre_polynomial_l legendre_polynomial_p log1p log_ndtr log_softmax logit logsumexp
        modified_bessel_i0 modified_bessel_i1 modified_bessel_k0 modified_bessel_k1 multigammaln ndtr ndtri
        polygamma psi round scaled_modified_bessel_k0 scaled_modified_bessel_k1 shifted_chebyshev_polynomial_t
        shifted_chebyshev_polynomial_u shifted_chebyshev_polynomial_v shifted_chebyshev_polynomial_w sinc
        softmax spherical_bessel_j0 xlog1py xlogy zeta
    """,
    "torch.utils": "",
    "torch.utils.checkpoint": "checkpoint checkpoint_sequential",
    "torch.utils.data": """
        BatchSampler ChainDataset ConcatDataset DataLoader Dataset IterableDataset RandomSampler Sampler
        SequentialSampler StackDataset Subset SubsetRandomSampler TensorDataset WeightedRandomSampler
        default_collate default_convert random_split
    """,
    "torch.version": "cuda hip",
    "numpy": """
        False_ True_ abs absolute acos acosh add all allclose amax amin angle any append apply_along_axis
        apply_over_axes arange arccos arccosh arcsin arcsinh arctan arctan2 arctanh argmax argmin argpartition
        argsort argwhere around array array2string array_equal array_equiv array_repr array_split array_str
        asanyarray asarray ascontiguousarray asfortranarray asin asinh astype atan atan2 atanh atleast_1d
        atleast_2d atleast_3d average bartlett bincount bitwise_and bitwise_count bitwise_invert
        bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor blackman block bool bool_
        broadcast broadcast_arrays broadcast_shapes broadcast_to byte bytes_ c_ can_cast cbrt cdouble ceil
        choose clip clongdouble column_stack complex128 complex256 complex64 complexfloating compress concat
        concatenate conj conjugate convolve copy copysign corrcoef correlate cos cosh count_nonzero cov cross
        csingle cumprod cumsum cumulative_prod cumulative_sum deg2rad degrees delete diag diag_indices
        diag_indices_from diagflat diagonal diff digitize divide divmod dot double dsplit dstack dtype e ediff1d
        einsum einsum_path empty empty_like equal errstate euler_gamma exp exp2 expand_dims expm1 extract eye
        fabs fill_diagonal finfo fix flatnonzero flip fliplr flipud float128 float16 float32 float64 float_power
        floating floor floor_divide fmax fmin fmod format_float_positional format_float_scientific frexp
        fromfunction fromiter full full_like gcd generic geomspace get_printoptions gradient greater
        greater_equal half hamming hanning heaviside histogram histogram2d histogram_bin_edges histogramdd
        hsplit hstack hypot i0 identity iinfo imag indices inexact inf inner insert int16 int32 int64 int8 int_
        intc integer interp intersect1d intp invert isclose iscomplex iscomplexobj isdtype isfinite isin isinf
        isnan isnat isneginf isposinf isreal isrealobj isscalar issubdtype ix_ kaiser kron lcm ldexp left_shift
        less less_equal lexsort linspace little_endian log log10 log1p log2 logaddexp logaddexp2 logical_and
        logical_not logical_or logical_xor logspace long longdouble longlong matmul matrix_transpose matvec max
        maximum may_share_memory mean median meshgrid mgrid min min_scalar_type minimum mod modf moveaxis
        multiply nan nan_to_num nanargmax nanargmin nancumprod nancumsum nanmax nanmean nanmedian nanmin
        nanpercentile nanprod nanquantile nanstd nansum nanvar ndarray ndenumerate ndim ndindex negative newaxis
        nextafter nonzero not_equal number ogrid ones ones_like outer pad partition percentile permute_dims pi
        piecewise poly polyadd polyder polydiv polyfit polyint polymul polysub polyval positive pow power
        printoptions prod promote_types ptp put_along_axis quantile r_ rad2deg radians ravel ravel_multi_index
        real real_if_close reciprocal remainder repeat reshape resize result_type right_shift rint roll rollaxis
        roots rot90 round row_stack s_ searchsorted select set_printoptions setdiff1d setxor1d shape
        shares_memory short sign signbit signedinteger sin sinc single sinh size sort sort_complex spacing split
        sqrt square squeeze stack std str_ subtract sum swapaxes take take_along_axis tan tanh tensordot tile
        trace transpose trapezoid tri tril tril_indices tril_indices_from trim_zeros triu triu_indices
        triu_indices_from true_divide trunc ubyte ufunc uint uint16 uint32 uint64 uint8 uintc uintp ulong
        ulonglong union1d unique unique_all unique_counts unique_inverse unique_values unravel_index
        unsignedinteger unstack unwrap ushort vander var vdot vecdot vecmat vectorize vsplit vstack where zeros
        zeros_like
    """,
    "numpy.fft": """
        fft fft2 fftfreq fftn fftshift ifft ifft2 ifftn ifftshift irfft irfft2 irfftn rfft rfft2 rfftfreq rfftn
    """,
    "numpy.linalg": """
        LinAlgError cholesky cond cross det diagonal eig eigh eigvals eigvalsh inv lstsq matmul matrix_norm
        matrix_power matrix_rank matrix_transpose multi_dot norm outer pinv qr slogdet solve svd svdvals
        tensordot tensorinv tensorsolve trace vecdot vector_norm
    """,
    "numpy.random": """
        beta binomial chisquare choice default_rng dirichlet exponential gamma geometric laplace lognormal
        multinomial multivariate_normal normal pareto permutation poisson rand randint randn random
        random_sample seed shuffle standard_normal standard_t triangular uniform vonmises weibull
    """,
    "math": """
        acos acosh asin asinh atan atan2 atanh cbrt ceil comb copysign cos cosh degrees dist e erf erfc exp exp2
        expm1 fabs factorial floor fmod frexp fsum gamma gcd hypot inf isclose isfinite isinf isnan isqrt lcm
        ldexp lgamma log log10 log1p log2 modf nan nextafter perm pi pow prod radians remainder sin sinh sqrt
        tan tanh tau trunc ulp
    """,
    "random": """
        Random betavariate choice choices expovariate gauss getrandbits normalvariate randint random randrange
        sample seed shuffle triangular uniform
    """,
    "time": "monotonic perf_counter perf_counter_ns process_time time",
    "typing": """
        Any Callable ClassVar Dict Final Generic Iterable Iterator List Literal Mapping NamedTuple Optional
        Sequence Set Tuple Type TypeVar Union cast
    """,
    "collections": "ChainMap Counter OrderedDict defaultdict deque namedtuple",
    "collections.abc": "Callable Iterable Iterator Mapping Sequence",
    "itertools": """
        accumulate chain combinations combinations_with_replacement compress count cycle dropwhile filterfalse
        groupby islice pairwise permutations product repeat starmap takewhile tee zip_longest
    """,
    "functools": "cache cached_property lru_cache partial reduce wraps",
    "dataclasses": "asdict astuple dataclass field replace",
    "contextlib": "contextmanager nullcontext suppress",
    "copy": "copy deepcopy",
    "abc": "ABC abstractmethod",
    "warnings": "filterwarnings simplefilter warn",
    "__future__": "annotations",
}
"""Names by module, separated by white space; a module inside another (``torch.nn``) is shown by it too."""

SETTABLE: dict[str, str] = {
    "torch.backends.cuda.matmul": "allow_tf32",
    "torch.backends.cudnn": "allow_tf32 benchmark deterministic enabled",
    "torch.backends.mkldnn": "enabled",
}
"""Switches that typed code may turn, as notes about reproducible runs do. They are gone with the process of the run."""
